// SPDX-License-Identifier: Apache-2.0
// The policy: read, edit with a live check, compare, try, apply, go back.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { announce } from '../announce';
import { asError, post, useAsk, type ApiError } from '../api';
import { setGuard } from '../router';
import { may, useSession } from '../session';
import type { Diagnostic, Policy, PolicyFile } from '../types';
import { Raw, Time } from '../ui/badges';
import type EditorType from '../ui/editor';
import type { EditorHandle } from '../ui/editor';
import { Icon } from '../ui/icons';
import { Answer, CopyButton, Dialog, Field, Heading, Problem, Section } from '../ui/parts';
import { t } from '../words';
import { History } from './policy_history';
import { Compare, Simulate } from './policy_try';

const CHECK_AFTER_MS = 400;

/** The check's answer about `files`, some time after the last change. */
function useCheck(files: PolicyFile[], on: boolean) {
  const [list, setList] = useState<Diagnostic[] | null>(null);
  const [error, setError] = useState<ApiError>();
  const round = useRef(0);
  useEffect(() => {
    if (!on) return;
    const mine = ++round.current;
    setList(null);
    const timer = setTimeout(() => {
      post<{ diagnostics: Diagnostic[] }>('/policy/check', { files })
        .then((r) => {
          if (mine !== round.current) return;
          setError(undefined);
          setList(r.diagnostics);
        })
        .catch((e) => { if (mine === round.current) setError(asError(e)); });
    }, CHECK_AFTER_MS);
    return () => clearTimeout(timer);
  }, [files, on]);
  return { list, error };
}

function isError(d: Diagnostic): boolean {
  return d.severity !== 'warning';
}

/** The check names files by their path, the policy by its own names; what is neither is the policy. */
function fileOf(d: Diagnostic, files: PolicyFile[]): number {
  const n = files.findIndex((f) => d.file === f.name || d.file.endsWith(`/${f.name}`));
  return n >= 0 ? n : mainOf(files);
}

function mainOf(files: PolicyFile[]): number {
  return Math.max(0, files.findIndex((f) => f.name === 'policy.yaml'));
}

function Diagnostics({ list, error, goTo, nameOf }: { nameOf: (d: Diagnostic) => string; list: Diagnostic[] | null; error: ApiError | undefined; goTo: (d: Diagnostic) => void }) {
  const errors = list?.filter(isError).length ?? 0;
  const words = list === null ? t('policy.checking')
    : errors > 0 ? t('policy.invalid', { n: errors })
      : list.length > 0 ? t('policy.valid-warnings', { n: list.length }) : t('policy.valid');
  return (
    <Section title={t('policy.diagnostics')} class="diagnostics">
      {error ? <Problem error={error} /> : (
        <p role="status" class={list === null ? 'dim' : errors ? 'bad' : 'good'}>
          {list !== null && <Icon name={errors ? 'warn' : 'ok'} />} {words}
        </p>
      )}
      {!!list?.length && (
        <ul>
          {list.map((d, n) => (
            <li key={n} class={isError(d) ? 'error' : 'warning'}>
              <button type="button" class="link" title={t('policy.go-to', { line: String(d.line), file: nameOf(d) })} onClick={() => goTo(d)}>
                {nameOf(d)}: {t('policy.position', { line: String(d.line), column: String(d.column) })}
              </button>
              <span><strong>{t(isError(d) ? 'policy.error' : 'policy.warning')}{d.code ? ` ${d.code}` : ''}</strong> <Raw text={d.message} /></span>
              {d.hint && <span class="hint"><Raw text={t('policy.hint', { hint: d.hint })} /></span>}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function Apply({ files, base, ready, applied }: { files: PolicyFile[]; base: number; ready: string; applied: (version: number) => void }) {
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  return (
    <Section title={t('policy.apply')}>
      <p class="hint">{t('policy.apply-how')}</p>
      {error && (error.status === 409 ? <p class="problem" role="alert">{t('policy.conflict')}</p> : <Problem error={error} />)}
      <form onSubmit={(e) => {
        e.preventDefault();
        setBusy(true);
        setError(undefined);
        post<{ version: number }>('/policy/apply', { files, reason: reason.trim(), base })
          .then((r) => {
            setReason('');
            announce(t('policy.applied', { version: String(r.version) }));
            applied(r.version);
          })
          .catch((x) => setError(asError(x)))
          .finally(() => setBusy(false));
      }}>
        <Field label={t('policy.reason')}>
          <input value={reason} maxLength={200} required onInput={(e) => setReason(e.currentTarget.value)} />
        </Field>
        <button type="submit" class="main" disabled={busy || ready !== '' || !reason.trim()} aria-describedby="apply-why">{t('policy.apply-button')}</button>
        <p id="apply-why" class="hint">{ready || (!reason.trim() ? t('policy.need-reason') : '')}</p>
      </form>
    </Section>
  );
}

function download(file: PolicyFile): void {
  const a = document.createElement('a');
  a.href = URL.createObjectURL(new Blob([file.text], { type: 'application/yaml' }));
  a.download = file.name.replace(/.*\//, '');
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 1000);
}

function useEditor(): typeof EditorType | null {
  const [loaded, set] = useState<{ e: typeof EditorType } | null>(null);
  useEffect(() => {
    import('../ui/editor').then((m) => set({ e: m.default })).catch((e) => announce(String(e), true));
  }, []);
  return loaded?.e ?? null;
}

function Work({ policy, reload }: { policy: Policy; reload: () => void }) {
  const session = useSession();
  const edits = may(session, 'author') && !policy.managed;
  const tries = may(session, 'author');
  const [files, setFiles] = useState(policy.files);
  const [round, setRound] = useState(0);
  const startFrom = (list: PolicyFile[]) => {
    setFiles(list);
    setRound((n) => n + 1);
  };
  const [at, setAt] = useState(() => mainOf(policy.files));
  const [leaving, setLeaving] = useState<(() => void) | null>(null);
  const [looked, setLooked] = useState<PolicyFile[] | null>(null);
  const editor = useRef<EditorHandle>(null);
  const wanted = useRef<Diagnostic | null>(null);
  const Editor = useEditor();
  const changed = useMemo(() => files.map((f, n) => f.text !== policy.files[n]?.text), [files, policy]);
  const dirty = changed.some(Boolean);
  const check = useCheck(files, tries);
  useEffect(() => {
    startFrom(policy.files);
    setLooked(null);
    setAt((n) => Math.min(n, policy.files.length - 1));
  }, [policy]);
  useEffect(() => {
    if (!dirty) return;
    const f = (e: BeforeUnloadEvent) => { e.preventDefault(); };
    window.addEventListener('beforeunload', f);
    setGuard((go) => {
      setLeaving(() => go);
      return false;
    });
    return () => {
      window.removeEventListener('beforeunload', f);
      setGuard(null);
    };
  }, [dirty]);
  useEffect(() => {
    const d = wanted.current;
    wanted.current = null;
    if (d) editor.current?.goTo(d.line, d.column);
  }, [at]);
  const file = files[at];
  const here = useMemo(() => (check.list ?? []).filter((d) => fileOf(d, files) === at), [check.list, at]);
  const goTo = (d: Diagnostic) => {
    const n = fileOf(d, files);
    if (n === at) {
      editor.current?.goTo(d.line, d.column);
    } else {
      wanted.current = d;
      setAt(n);
    }
  };
  const ready = !may(session, 'approver') ? t('policy.need-approver')
    : !dirty ? t('policy.need-change')
      : check.list === null ? t('policy.checking')
        : check.list.some(isError) ? t('policy.need-valid')
          : looked !== files ? t('policy.need-look') : '';
  if (!file) return null;
  return (
    <>
      <p>{t('policy.in-force', { version: String(policy.version), author: policy.author || policy.user || '–', time: '' })}<Time time={policy.time} />
        {policy.reason && <> · <Raw text={policy.reason} /></>}</p>
      {policy.managed && <p class="remark"><Icon name="lock" /> {t('policy.managed')}</p>}
      {!tries && <p class="remark"><Icon name="lock" /> {t('policy.read-only')}</p>}
      <div class="columns editor-columns">
        <div>
          <div class="file-list" role="group" aria-label={t('policy.files')}>
            {files.map((f, n) => (
              <button key={f.name} type="button" aria-pressed={n === at} onClick={() => setAt(n)}>
                <bdi>{f.name}</bdi>{changed[n] && <span class="tag">{t('policy.changed')}</span>}
              </button>
            ))}
          </div>
          {Editor
            ? <Editor key={`${round} ${file.name}`} name={file.name} label={t('policy.editor', { name: file.name })} text={file.text} readOnly={!edits}
                diagnostics={here} handle={editor}
                onChange={(text) => setFiles((l) => l.map((f, n) => (n === at ? { ...f, text } : f)))} />
            : <pre class="yaml">{file.text}</pre>}
          <div class="buttons">
            <CopyButton text={file.text} />
            <button type="button" onClick={() => download(file)}>{t('policy.download')}</button>
            {dirty && <button type="button" onClick={() => startFrom(policy.files)}>{t('policy.discard')}</button>}
            {dirty && <button type="button" onClick={reload}>{t('policy.reload')}</button>}
          </div>
        </div>
        {tries && (
          <div>
            <Diagnostics list={check.list} error={check.error} goTo={goTo} nameOf={(d) => files[fileOf(d, files)]?.name ?? d.file} />
            <Compare files={files} looked={() => setLooked(files)} fresh={looked === files} />
            <Simulate files={files} />
            {!policy.managed && <Apply files={files} base={policy.version} ready={ready} applied={reload} />}
          </div>
        )}
      </div>
      <History current={policy.version} canRoll={may(session, 'approver') && !policy.managed && !dirty} done={reload} />
      {leaving && (
        <Dialog title={t('policy.title')} onClose={() => setLeaving(null)}>
          <p>{t('policy.leave')}</p>
          <div class="buttons">
            <button type="button" class="main" onClick={() => setLeaving(null)}>{t('policy.stay')}</button>
            <button type="button" onClick={() => {
              setGuard(null);
              leaving();
            }}>{t('policy.leave-anyway')}</button>
          </div>
        </Dialog>
      )}
    </>
  );
}

export function PolicyPage() {
  const asked = useAsk<Policy>('/policy');
  return (
    <>
      <Heading>{t('policy.title')}</Heading>
      <Answer asked={asked}>{(p) => <Work policy={p} reload={asked.again} />}</Answer>
    </>
  );
}
