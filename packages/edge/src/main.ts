/**
 * `npm run edge`: a download edge on this machine. nginx verifies signed links, keeps slices of what
 * it serves, and pulls from the private bucket; it needs nothing from the API server or other edges
 * but the key that links are signed with.
 */
import { startEdge } from './run/start-edge.ts';
import { readSettings } from './settings/settings.ts';

try {
  const settings = readSettings();
  const nginx = await startEdge(settings);
  const stop = () => void nginx.stop();
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.stdout.write(`${JSON.stringify({ type: 'started', url: settings.url.origin })}\n`);
  process.exitCode = await nginx.ended;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
