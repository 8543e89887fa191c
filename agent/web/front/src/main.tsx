// SPDX-License-Identifier: Apache-2.0
import { render } from 'preact';
import { App } from './app';
import { language, setLanguage } from './words';
import { applyTheme } from './theme';

setLanguage(language());
applyTheme();
render(<App />, document.getElementById('app')!);
