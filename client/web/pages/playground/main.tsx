import { render } from 'preact';
import { startLanguage } from '../../text/language.ts';
import '../../parts/style/all.css';
import '../../parts/style/drawing.css';
import { PlaygroundPage } from './page.tsx';

startLanguage();
render(<PlaygroundPage />, document.getElementById('app') as HTMLElement);
