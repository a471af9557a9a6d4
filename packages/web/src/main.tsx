/**
 * The web app: the product in a browser. Promises: file bytes go straight between this page and the
 * object store; what takes long (hashing, sending, packing) happens in workers; a reload or a crash
 * loses no upload. Everything it knows of the server comes through `@valise/client`.
 */
import '@fontsource-variable/inter/index.css';
import '@mantine/core/styles.css';
import './app/global.css';
import { setNonce } from 'get-nonce';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.tsx';

/** The one nonce of this page's policy: style elements that libraries make need it. */
const nonce = document.querySelector<HTMLMetaElement>('meta[name=csp-nonce]')?.content ?? '';
setNonce(nonce);

const root = document.getElementById('root');
if (root === null) throw new Error('The page lacks its root.');
createRoot(root).render(<App nonce={nonce} />);
