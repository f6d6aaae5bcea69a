import { render } from 'preact';
import { startLanguage } from '../../text/language.ts';
import '../../parts/style/all.css';
import { ContributePage } from './page.tsx';

startLanguage();
render(<ContributePage />, document.getElementById('app') as HTMLElement);
