// SPDX-License-Identifier: Apache-2.0
import { useState } from 'preact/hooks';
import { useAsk } from '../api';
import { baseName, bytes, folder } from '../format';
import { href, navigate, usePlace } from '../router';
import { LEVELS, type Document } from '../types';
import { Level, Raw, Time } from '../ui/badges';
import { Answer, Empty, Field, Heading, Wide } from '../ui/parts';
import { name, t } from '../words';

interface Search {
  documents?: number;
  complete?: boolean;
  crawl_complete?: boolean;
  folders_left?: number;
  files_left?: number;
  unreadable?: number;
  slowed_by?: string | null;
}

interface Found {
  documents: Document[];
  search?: Search | null;
  watch?: Search | null;
  total?: number;
  next?: string | null;
}

function Progress({ s }: { s: Search }) {
  const done = s.complete ?? s.crawl_complete;
  return (
    <p class="dim">
      {t(done ? 'inventory.complete' : 'inventory.incomplete', { folders: s.folders_left ?? 0, files: s.files_left ?? 0 })}
      {s.slowed_by && <> {t('inventory.slowed', { why: s.slowed_by })}</>}
      {!!s.unreadable && <> {t('inventory.unreadable', { n: s.unreadable })}</>}
    </p>
  );
}

function Table({ list }: { list: Document[] }) {
  return (
    <Wide label={t('inventory.title')}>
      <table class="rows">
        <thead>
          <tr>
            <th scope="col">{t('field.file')}</th>
            <th scope="col">{t('level')}</th>
            <th scope="col">{t('inventory.owner')}</th>
            <th scope="col" class="number">{t('incident.size')}</th>
            <th scope="col">{t('inventory.changed')}</th>
            <th scope="col">{t('inventory.checked')}</th>
            <th scope="col">{t('field.rule')}</th>
          </tr>
        </thead>
        <tbody>
          {list.map((d) => (
            <tr key={d.path}>
              <th scope="row" class="c-file">
                {d.concealed ? <span class="file"><Raw text={d.path} /></span>
                  : <a class="file" href={`/incidents?${new URLSearchParams({ q: baseName(d.path) })}`} title={t('inventory.incidents')}><Raw text={baseName(d.path)} /></a>}
                <span class="dim folder"><Raw text={folder(d.path)} /></span>
              </th>
              <td><Level level={d.level} />
                {d.completeness && d.completeness !== 'full' && <span class="dim"> {name('completeness', d.completeness)}</span>}
                {d.tags?.map((x) => <span key={x} class="tag">{name('tag', x)}</span>)}</td>
              <td><Raw text={d.owner || String(d.uid ?? '')} /></td>
              <td class="number">{d.size !== undefined ? bytes(d.size) : ''}</td>
              <td class="c-time"><Time time={d.mtime} /></td>
              <td class="c-time"><Time time={d.last_checked} /></td>
              <td><Raw text={d.rule ?? '–'} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </Wide>
  );
}

export function Inventory() {
  const { query: q } = usePlace();
  const [below, setBelow] = useState(q.get('below') ?? '');
  const request = new URLSearchParams();
  for (const k of ['level', 'below', 'after']) if (q.get(k)) request.set(k, q.get(k)!);
  const asked = useAsk<Found>(href('/inventory', request));
  const change = (key: string, value: string) => {
    const to = new URLSearchParams(q);
    to.delete('after');
    if (value) to.set(key, value);
    else to.delete(key);
    navigate(href('/inventory', to));
  };
  return (
    <>
      <Heading>{t('inventory.title')}</Heading>
      <p>{t('inventory.how')}</p>
      <form class="filters row" onSubmit={(e) => { e.preventDefault(); change('below', below.trim()); }}>
        <Field label={t('level')}>
          <select value={q.get('level') ?? ''} onChange={(e) => change('level', e.currentTarget.value)}>
            <option value="">{t('app.all')}</option>
            {[...LEVELS].reverse().filter((l) => l !== 'none').map((l) => <option key={l} value={l}>{name('level', l)}</option>)}
          </select>
        </Field>
        <Field label={t('inventory.below')}><input value={below} placeholder="/srv/docs" onInput={(e) => setBelow(e.currentTarget.value)} /></Field>
        <button type="submit">{t('inventory.show')}</button>
      </form>
      <Answer asked={asked}>{(f) => (
        <>
          {(f.search ?? f.watch) && <Progress s={(f.search ?? f.watch)!} />}
          {f.documents.length === 0
            ? <Empty title={t('inventory.empty')}>{t('inventory.empty-how')}</Empty>
            : <Table list={f.documents} />}
          {(f.next || q.get('after')) && (
            <nav class="pager" aria-label={t('inventory.title')}>
              {q.get('after') && <button type="button" class="link" onClick={() => change('after', '')}>{t('incidents.first')}</button>}
              {f.next && <a href={href('/inventory', new URLSearchParams([...[...q].filter(([k]) => k !== 'after'), ['after', f.next]]))}>{t('incidents.next')}</a>}
            </nav>
          )}
        </>
      )}</Answer>
    </>
  );
}
