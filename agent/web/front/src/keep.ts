// SPDX-License-Identifier: Apache-2.0
// What the browser remembers for a person: language, appearance, saved views. Nothing of what
// documents are about. Browsers may refuse to store; then it holds until the page is closed.
const here = new Map<string, string>();

export function kept(name: string): string | null {
  try {
    return localStorage.getItem(`sealgate.${name}`) ?? here.get(name) ?? null;
  } catch {
    return here.get(name) ?? null;
  }
}

export function keep(name: string, value: string): void {
  here.set(name, value);
  try {
    localStorage.setItem(`sealgate.${name}`, value);
  } catch {
    /* kept in memory */
  }
}
