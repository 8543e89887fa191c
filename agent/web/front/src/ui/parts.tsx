// SPDX-License-Identifier: Apache-2.0
// Pieces that the pages share.
import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { announce } from '../announce';
import type { ApiError, Asked } from '../api';
import { t } from '../words';
import { Icon } from './icons';

export function Problem({ error, again }: { error: ApiError; again?: () => void }) {
  return (
    <div class="problem" role="alert">
      <Icon name="warn" />
      <div>
        <strong>{t('error.title')}</strong>
        <p>{error.text()}</p>
        {again && <button type="button" onClick={again}>{t('app.try-again')}</button>}
      </div>
    </div>
  );
}

/** What was asked for, once it is there; before, nothing, and after a while a word. */
export function Answer<T>({ asked, children }: { asked: Asked<T>; children: (data: T) => ComponentChildren }) {
  return (
    <>
      {asked.error && <Problem error={asked.error} again={asked.again} />}
      {asked.slow && <p class="dim" role="status">{t('app.loading')}</p>}
      {asked.data !== undefined && children(asked.data)}
    </>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children && <p>{children}</p>}
    </div>
  );
}

export function Section({ title, children, extra, class: c = '' }:
  { title: string; children: ComponentChildren; extra?: ComponentChildren; class?: string }) {
  const id = useId();
  return (
    <section class={`panel ${c}`} aria-labelledby={id}>
      <div class="panel-head">
        <h2 id={id}>{title}</h2>
        {extra}
      </div>
      {children}
    </section>
  );
}

/** A table that scrolls by itself where it is wider than the window. */
export function Wide({ label, children }: { label: string; children: ComponentChildren }) {
  return <div class="wide" role="group" aria-label={label} tabIndex={0}>{children}</div>;
}

/** Names and values; what has no value is left out. */
export function Facts({ rows }: { rows: [string, ComponentChildren][] }) {
  return (
    <dl class="facts">
      {rows.filter(([, v]) => v !== undefined && v !== null && v !== '' && v !== false).map(([k, v]) => (
        <div key={k}><dt>{k}</dt><dd>{v}</dd></div>
      ))}
    </dl>
  );
}

export function Field({ label, children, hint, class: c = '' }:
  { label: string; children: ComponentChildren; hint?: string; class?: string }) {
  return (
    <label class={`field ${c}`}>
      <span class="field-label">{label}</span>
      {children}
      {hint && <span class="hint">{hint}</span>}
    </label>
  );
}

export function Dialog({ title, onClose, children }:
  { title: string; onClose: () => void; children: ComponentChildren }) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const d = ref.current!;
    const before = document.activeElement;
    if (!d.open) d.showModal();
    return () => {
      d.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog ref={ref} aria-labelledby={id} onCancel={(e) => { e.preventDefault(); onClose(); }}>
      <div class="dialog-head">
        <h2 id={id}>{title}</h2>
        <button type="button" class="plain" onClick={onClose} aria-label={t('app.close')}><Icon name="close" /></button>
      </div>
      {children}
    </dialog>
  );
}

export function CopyButton({ text }: { text: string }) {
  return (
    <button type="button" onClick={async () => {
      try {
        await navigator.clipboard.writeText(text);
        announce(t('app.copied'));
      } catch (e) {
        announce(String(e), true);
      }
    }}>{t('app.copy')}</button>
  );
}

/** The page's heading: gets the focus when the page is come to. */
export function Heading({ children, extra }: { children: string; extra?: ComponentChildren }) {
  const ref: RefObject<HTMLHeadingElement> = useRef(null);
  useEffect(() => {
    document.title = `${children} · ${t('app.name')}`;
  }, [children]);
  useEffect(() => {
    if (document.querySelector('dialog[open]')) return;
    ref.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, []);
  return (
    <div class="page-head">
      <h1 ref={ref} tabIndex={-1}>{children}</h1>
      {extra}
    </div>
  );
}
