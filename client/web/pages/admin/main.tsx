import { render } from 'preact';
import { startLanguage } from '../../text/language.ts';
import '../../parts/style/all.css';
import '../../parts/style/admin.css';
import { AdminPage } from './page.tsx';

startLanguage();
render(<AdminPage />, document.getElementById('app') as HTMLElement);
