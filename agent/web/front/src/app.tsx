// SPDX-License-Identifier: Apache-2.0
// The frame around the pages: navigation, language, appearance, session, help, news.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useNews } from './announce';
import { get, post, setCsrf, whenSessionIsLost, asError, type ApiError } from './api';
import { keysAreOn, PAGES, turnKeys, useKeys } from './keys';
import { Health } from './pages/health';
import { IncidentView } from './pages/incident';
import { Incidents } from './pages/incidents';
import { Inventory } from './pages/inventory';
import { Login } from './pages/login';
import { OverviewPage } from './pages/overview';
import { PolicyPage } from './pages/policy';
import { TestPage } from './pages/test';
import { navigate, usePlace } from './router';
import { may, SessionContext } from './session';
import { applyTheme, theme, type Theme } from './theme';
import type { Role, Session } from './types';
import { Icon } from './ui/icons';
import { Dialog, Empty, Heading, Problem } from './ui/parts';
import { language, setLanguage, t, type Key } from './words';

interface Page {
  path: string;
  word: Key;
  roles: Role[] | null;
}

const PAGES_OF: Page[] = [
  { path: '/', word: 'nav.overview', roles: null },
  { path: '/incidents', word: 'nav.incidents', roles: ['reviewer', 'auditor'] },
  { path: '/inventory', word: 'nav.inventory', roles: ['reviewer', 'auditor'] },
  { path: '/policy', word: 'nav.policy', roles: ['author', 'approver', 'auditor'] },
  { path: '/test', word: 'nav.test', roles: null },
  { path: '/health', word: 'nav.health', roles: null },
];

function Body({ path }: { path: string }) {
  const one = /^\/incidents\/([A-Za-z0-9_-]+)$/.exec(path);
  if (one) return <IncidentView key={one[1]} id={one[1]!} />;
  switch (path) {
    case '/': return <OverviewPage />;
    case '/incidents': return <Incidents />;
    case '/inventory': return <Inventory />;
    case '/policy': return <PolicyPage />;
    case '/test': return <TestPage />;
    case '/health': return <Health />;
    default:
      return (
        <>
          <Heading>{t('error.title')}</Heading>
          <Empty title={t('error.page')}><a href="/">{t('error.home')}</a></Empty>
        </>
      );
  }
}

function KeysHelp({ onClose }: { onClose: () => void }) {
  const [on, set] = useState(keysAreOn());
  const rows: [string, string][] = [
    ['j, k', t('keys.move')], ['Enter', t('keys.open')], ['x', t('keys.select')],
    ['p', t('keys.in-progress')], ['c', t('keys.confirmed')], ['r', t('keys.resolved')],
    ['f', t('keys.false-positive')], ['d', t('keys.ignored')], ['n', t('keys.note')],
    ['/', t('keys.filter')], ['[, ]', t('keys.neighbour')], ['u', t('keys.back')],
    ...Object.entries(PAGES).map(([k, path]): [string, string] =>
      [`g ${k}`, t('keys.go', { page: t(PAGES_OF.find((p) => p.path === path)!.word) })]),
    ['?', t('keys.help')],
  ];
  return (
    <Dialog title={t('keys.title')} onClose={onClose}>
      <label class="check">
        <input type="checkbox" checked={on} onChange={(e) => { turnKeys(e.currentTarget.checked); set(e.currentTarget.checked); }} />
        <span>{t('keys.on')} <span class="hint">{t('keys.on-how')}</span></span>
      </label>
      <table class="keys">
        <thead><tr><th scope="col">{t('keys.key')}</th><th scope="col">{t('keys.does')}</th></tr></thead>
        <tbody>{rows.map(([k, what]) => <tr key={k}><td><kbd>{k}</kbd></td><td>{what}</td></tr>)}</tbody>
      </table>
    </Dialog>
  );
}

function Settings({ changed }: { changed: () => void }) {
  const other = language() === 'vi' ? 'en' : 'vi';
  return (
    <>
      <button type="button" lang={other} onClick={() => { setLanguage(other); changed(); }}>{t('app.other-language')}</button>
      <label class="inline">
        <span class="away">{t('app.theme')}</span>
        <select value={theme()} onChange={(e) => { applyTheme(e.currentTarget.value as Theme); changed(); }}>
          <option value="auto">{t('app.theme.auto')}</option>
          <option value="light">{t('app.theme.light')}</option>
          <option value="dark">{t('app.theme.dark')}</option>
        </select>
      </label>
    </>
  );
}

function NewsLine() {
  const [news, close] = useNews();
  return (
    <div class="news">
      <div role="status" class={news.text && !news.bad ? 'said' : ''}>{!news.bad && news.text}</div>
      <div role="alert" class={news.text && news.bad ? 'said bad' : ''}>{news.bad && news.text}</div>
      {news.text && <button type="button" class="plain" onClick={close} aria-label={t('app.close')}><Icon name="close" /></button>}
    </div>
  );
}

function Frame({ session, path, changed, logout, children }:
  { session: Session | null; path: string; changed: () => void; logout: () => void; children: ComponentChildren }) {
  const [help, setHelp] = useState(false);
  useKeys({ '?': () => setHelp(true) });
  return (
    <>
      <a class="skip" href="#main" onClick={(e) => {
        e.preventDefault();
        document.getElementById('main')?.focus();
      }}>{t('app.skip')}</a>
      <header class="top">
        <a class="brand" href="/"><Icon name="lock" /> {t('app.name')}</a>
        {session && (
          <nav aria-label={t('app.navigation')}>
            <ul>
              {PAGES_OF.filter((p) => !p.roles || may(session, ...p.roles)).map((p) => (
                <li key={p.path}>
                  <a href={p.path} aria-current={(p.path === '/' ? path === '/' : path.startsWith(p.path)) ? 'page' : undefined}>
                    {t(p.word)}
                  </a>
                </li>
              ))}
            </ul>
          </nav>
        )}
        <div class="settings">
          {session && <span class="who"><strong>{session.name || session.user}</strong>
            {session.host && <span class="dim">{t('app.on-host', { host: session.host })}</span>}</span>}
          <button type="button" onClick={() => setHelp(true)}>{t('app.help')}</button>
          <Settings changed={changed} />
          {session && <button type="button" onClick={logout}>{t('app.logout')}</button>}
        </div>
      </header>
      <main id="main" tabIndex={-1}>{children}</main>
      <NewsLine />
      {help && <KeysHelp onClose={() => setHelp(false)} />}
    </>
  );
}

export function App() {
  const { path } = usePlace();
  const [session, setSession] = useState<Session | null | undefined>(undefined);
  const [error, setError] = useState<ApiError>();
  const [left, setLeft] = useState<'' | 'out' | 'lost'>('');
  const [, redraw] = useState(0);
  const enter = (s: Session) => {
    setCsrf(s.csrf);
    setSession(s);
    setError(undefined);
    setLeft('');
  };
  const begin = () => {
    setError(undefined);
    // A token in the address is a new login, whoever was here before.
    if (location.hash.startsWith('#login=')) {
      setSession(null);
      return;
    }
    get<Session>('/session', undefined, true).then(enter).catch((e) => {
      const failed = asError(e);
      if (failed.status === 401) setSession(null);
      else setError(failed);
    });
  };
  useEffect(() => {
    whenSessionIsLost(() => {
      setSession(null);
      setLeft('lost');
    });
    begin();
  }, []);
  const logout = () => {
    post('/logout', {}, true).catch(() => undefined).finally(() => {
      setCsrf('');
      setSession(null);
      setLeft('out');
    });
  };
  return (
    <SessionContext.Provider value={session ?? null}>
      <Frame session={session ?? null} path={path} changed={() => redraw((n) => n + 1)} logout={logout}>
        {error && <Problem error={error} again={begin} />}
        {session === null && <Login left={left} entered={(s) => {
          enter(s);
          if (path === '/login') navigate('/', 'replace');
        }} />}
        {session && <Body key={path} path={path} />}
      </Frame>
    </SessionContext.Provider>
  );
}
