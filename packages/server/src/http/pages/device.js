/**
 * Confirms a device's code: sign in, enter the code (or take it from ?code=), see which device
 * asks, decide. The access token lives in this page alone; the refresh token in an HttpOnly cookie
 * that no script can read.
 */
const element = (id) => document.getElementById(id);
const STEPS = ['sign-in', 'enter', 'decide'];

/** Set while this browser should have the cookie, so that strangers needn't be refused first. */
const SIGNED_IN = 'valise.signed-in';

let accessToken;

function show(step) {
  for (const id of STEPS) element(id).hidden = id !== step;
}

function say(text, isGood = false) {
  const message = element('message');
  message.textContent = text;
  message.classList.toggle('good', isGood);
}

/** One call of the API. Throws an Error whose message can be shown to the person. */
async function call(method, path, body) {
  const headers = { 'x-valise-client': 'browser' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (accessToken !== undefined) headers.authorization = `Bearer ${accessToken}`;
  const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  const content = answer.status === 204 ? undefined : await answer.json();
  if (answer.ok) return content;
  throw Object.assign(new Error(content.detail ?? content.title), { status: answer.status });
}

/** Shows what goes wrong, and lets nobody press twice meanwhile. */
async function attempt(work) {
  const buttons = [...document.querySelectorAll('button')];
  for (const button of buttons) button.disabled = true;
  say('');
  try {
    await work();
  } catch (error) {
    say(error instanceof TypeError ? 'The server does not answer. Try again.' : error.message);
    if (error.status === 401 && accessToken !== undefined) {
      accessToken = undefined;
      show('sign-in');
    }
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

const enteredCode = () => element('code').value.trim().toUpperCase();

async function askForCode() {
  show('enter');
  if (enteredCode() === '') element('code').focus();
  else await lookAtDevice();
}

async function lookAtDevice() {
  const query = new URLSearchParams({ userCode: enteredCode() });
  const waiting = await call('GET', `/auth/device?${query}`);
  element('device').textContent = waiting.device;
  element('shown-code').textContent = enteredCode();
  show('decide');
}

async function decide(verdict, result, isGood) {
  await call('POST', `/auth/device/${verdict}`, { userCode: enteredCode() });
  show(undefined);
  say(result, isGood);
}

element('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  void attempt(async () => {
    const email = element('email').value;
    const password = element('password').value;
    const session = await call('POST', '/auth/login', { email, password, device: 'Web browser' });
    accessToken = session.accessToken;
    localStorage.setItem(SIGNED_IN, 'yes');
    element('password').value = '';
    await askForCode();
  });
});

element('enter').addEventListener('submit', (event) => {
  event.preventDefault();
  void attempt(lookAtDevice);
});

element('approve').addEventListener('click', () => {
  void attempt(() => decide('approve', 'Done. The device is signed in; you may close this.', true));
});

element('deny').addEventListener('click', () => {
  void attempt(() => decide('deny', 'Refused. The device was not let in.', false));
});

/** Signed in already? Another tab, or an earlier visit, left the cookie. */
async function resume() {
  if (localStorage.getItem(SIGNED_IN) === null) return false;
  try {
    ({ accessToken } = await call('POST', '/auth/refresh'));
    return true;
  } catch (error) {
    if (error.status !== 401) throw error;
    localStorage.removeItem(SIGNED_IN);
    return false;
  }
}

element('code').value = new URLSearchParams(location.search).get('code') ?? '';
void attempt(async () => {
  if (await resume()) await askForCode();
  else show('sign-in');
});
