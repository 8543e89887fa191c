// SPDX-License-Identifier: Apache-2.0
// The token of `sealgate console` comes in the address's fragment, which no server and no log sees.
import { useEffect, useState } from 'preact/hooks';
import { asError, post, type ApiError } from '../api';
import type { Session } from '../types';
import { Field, Heading, Problem } from '../ui/parts';
import { t } from '../words';

function tokenOf(text: string): string {
  const hash = text.indexOf('#login=');
  return (hash >= 0 ? text.slice(hash + 7) : text).trim();
}

export function Login({ left, entered }: { left: '' | 'out' | 'lost'; entered: (s: Session) => void }) {
  const [error, setError] = useState<ApiError>();
  const [busy, setBusy] = useState(false);
  const [text, setText] = useState('');
  const submit = (token: string) => {
    setBusy(true);
    setError(undefined);
    post<Session>('/login', { token }, true).then(entered).catch((e) => {
      setError(asError(e));
      setBusy(false);
    });
  };
  useEffect(() => {
    const take = () => {
      if (!location.hash.startsWith('#login=')) return;
      const token = tokenOf(location.hash);
      history.replaceState(null, '', location.pathname + location.search);
      submit(token);
    };
    take();
    window.addEventListener('hashchange', take);
    return () => window.removeEventListener('hashchange', take);
  }, []);
  return (
    <div class="login panel">
      <Heading>{t('login.title')}</Heading>
      {left === 'out' && <p role="status">{t('login.out')}</p>}
      {left === 'lost' && <p role="status">{t('error.session')}</p>}
      {error && (error.status === 401
        ? <p class="problem" role="alert">{t('login.failed')}</p>
        : <Problem error={error} />)}
      {busy && <p role="status">{t('login.working')}</p>}
      <p>{t('login.how')}</p>
      <pre class="command"><code>sealgate console</code></pre>
      <form onSubmit={(e) => { e.preventDefault(); if (tokenOf(text)) submit(tokenOf(text)); }}>
        <p>{t('login.then')}</p>
        <Field label={t('login.token')}>
          <input type="text" autocomplete="off" spellcheck={false} value={text} onInput={(e) => setText(e.currentTarget.value)} />
        </Field>
        <button type="submit" class="main">{t('login.submit')}</button>
      </form>
    </div>
  );
}
