// SPDX-License-Identifier: Apache-2.0
// CodeMirror with the check's diagnostics in its gutter. It lives in a shadow root, where it takes
// its styles by adopted style sheets: the page's policy allows no style elements. Tab is not taken:
// it leaves the editor. `text` is what it begins with: what is typed is the editor's own, and another
// text is another editor (its key).
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { HighlightStyle, indentUnit, syntaxHighlighting } from '@codemirror/language';
import { lintGutter, setDiagnostics, type Diagnostic as Mark } from '@codemirror/lint';
import { EditorState, Compartment } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useImperativeHandle, useRef } from 'preact/hooks';
import type { Ref } from 'preact';
import type { Diagnostic } from '../types';

export interface EditorHandle {
  goTo(line: number, column: number): void;
}

const look = EditorView.theme({
  '&': { backgroundColor: 'var(--field)', color: 'var(--text)', fontSize: '0.875rem', border: '1px solid var(--edge)', borderRadius: '4px' },
  '&.cm-focused': { outline: '3px solid var(--focus)', outlineOffset: '1px' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.5', minHeight: '22rem', maxHeight: '70vh', overflow: 'auto' },
  '.cm-gutters': { backgroundColor: 'var(--page)', color: 'var(--dim)', borderRight: '1px solid var(--line)' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--row)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--selection)' },
  '.cm-tooltip': { backgroundColor: 'var(--panel)', color: 'var(--text)', border: '1px solid var(--edge)' },
  '.cm-lint-marker': { width: '1em', height: '1em' },
});
const colours = syntaxHighlighting(HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--code-key)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--code-text)' },
  { tag: [tags.comment, tags.lineComment], color: 'var(--dim)', fontStyle: 'italic' },
  { tag: [tags.keyword, tags.bool, tags.number, tags.atom], color: 'var(--code-value)' },
]));

function marksOf(state: EditorState, list: Diagnostic[]): Mark[] {
  return list.map((d) => {
    const line = state.doc.line(Math.max(1, Math.min(state.doc.lines, d.line || 1)));
    const from = Math.min(line.to, line.from + Math.max(0, (d.column || 1) - 1));
    return { from, to: Math.max(from, line.to), severity: d.severity === 'warning' ? 'warning' : 'error', message: `${d.code ? `${d.code}: ` : ''}${d.message}` };
  });
}

export default function Editor({ name, label, text, readOnly, diagnostics, onChange, handle }:
  { name: string; label: string; text: string; readOnly: boolean; diagnostics: Diagnostic[]; onChange: (text: string) => void; handle: Ref<EditorHandle> }) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>();
  const change = useRef(onChange);
  const attributes = useRef(new Compartment());
  change.current = onChange;
  useEffect(() => {
    const root = host.current!.shadowRoot ?? host.current!.attachShadow({ mode: 'open' });
    view.current = new EditorView({
      root, parent: root as unknown as Element,
      state: EditorState.create({
        doc: text,
        extensions: [
          lineNumbers(), lintGutter(), history(), drawSelection(), highlightActiveLine(), yaml(), indentUnit.of('  '),
          keymap.of([...defaultKeymap, ...historyKeymap]), look, colours, EditorView.lineWrapping,
          EditorState.readOnly.of(readOnly),
          attributes.current.of(EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' })),
          EditorView.updateListener.of((u) => { if (u.docChanged) change.current(u.state.doc.toString()); }),
        ],
      }),
    });
    return () => view.current?.destroy();
  }, [name, readOnly]);
  useEffect(() => {
    view.current?.dispatch({ effects: attributes.current.reconfigure(EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' })) });
  }, [label]);
  useEffect(() => {
    const v = view.current;
    if (v) v.dispatch(setDiagnostics(v.state, marksOf(v.state, diagnostics)));
  }, [diagnostics, name]);
  useImperativeHandle(handle, () => ({
    goTo(line: number, column: number) {
      const v = view.current;
      if (!v) return;
      const l = v.state.doc.line(Math.max(1, Math.min(v.state.doc.lines, line)));
      v.dispatch({ selection: { anchor: Math.min(l.to, l.from + Math.max(0, column - 1)) }, scrollIntoView: true });
      v.focus();
    },
  }), [name]);
  return <div class="editor" ref={host} />;
}
