import type { ClockReading } from './clock-check.ts';
import { type Findings, failed, ok } from './finding.ts';
import type { Patient } from './patient.ts';
import { faultText, type ProbeAnswer, probe } from './probe-request.ts';

/** Whether the API answers at the address that people use, pushes included. Answers its clock. */
export async function* apiChecks({ url, now }: Patient): Findings<ClockReading | null> {
  const reach = `Start the server (npm start), and set VALISE_URL to the address that people and devices use: curl -i ${url}/healthz`;
  const asked = now();
  let answer: ProbeAnswer;
  try {
    answer = await probe(`${url}/healthz`);
  } catch (error) {
    yield failed('api', `Nobody answers at ${url}: ${faultText(error)}.`, reach);
    return null;
  }
  const ours = new Date((asked.getTime() + now().getTime()) / 2);
  if (answer.status !== 200 || !/"status":\s*"ok"/.test(answer.body.toString())) {
    yield failed('api', `${url}/healthz answers ${answer.status}, and not as Valise does.`, reach);
    return null;
  }
  yield ok('api', `The API answers at ${url}.`);
  const push = await probe(`${url}/files/changes/live`, { headers: UPGRADE }).catch(() => null);
  // It answers a stranger with 401, and says so as a problem of its own.
  yield push?.status === 401 && /unauthenticated/.test(push.body.toString())
    ? ok('api.push', 'Sockets for the push of changes reach the API.')
    : failed(
        'api.push',
        `Sockets for the push of changes don't reach the API (${push?.status ?? 'no answer'}).`,
        'Let the proxy before it pass Upgrade and Connection (nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade").',
      );
  const theirs = Date.parse(answer.headers.date ?? '');
  return Number.isNaN(theirs) ? null : { part: 'the API', theirs: new Date(theirs), ours };
}

const UPGRADE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dmFsaXNlIGRvY3RvciBpcyBoZXJl',
};
