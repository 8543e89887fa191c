// SPDX-License-Identifier: Apache-2.0
// Who is logged in, and what they may do.
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Role, Session } from './types';

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const s = useContext(SessionContext);
  if (!s) throw new Error('no session');
  return s;
}

export function may(s: Session, ...roles: Role[]): boolean {
  return roles.some((r) => s.roles.includes(r));
}
