import { AppError } from '@valise/core/errors';

/** An address as written, and the key under which it is the same address. */
export interface Email {
  readonly text: string;
  readonly key: string;
}

const MIN_PASSWORD = 8;
const UNNAMED_DEVICE = 'Unnamed device';

/** Only the shape `something@something` is asked for: what exists, its mail server alone knows. */
export function parseEmail(value: string): Email {
  const text = value.trim();
  if (!/^[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$/u.test(text)) {
    throw invalid('email', 'That is not an e-mail address.');
  }
  return { text, key: emailKey(text) };
}

export function emailKey(value: string): string {
  return value.trim().normalize('NFC').toLowerCase().normalize('NFC');
}

export function parsePassword(value: string): string {
  if ([...value].length < MIN_PASSWORD) {
    throw invalid('password', `A password has at least ${MIN_PASSWORD} characters.`);
  }
  return value;
}

export function parsePersonName(value: string): string {
  return parseLabel('name', value);
}

export function parseDeviceName(value: string | undefined): string {
  return value === undefined ? UNNAMED_DEVICE : parseLabel('device', value);
}

/** Names are shown to people: no control characters, and something to see. */
function parseLabel(field: string, value: string): string {
  const label = value.trim().normalize('NFC');
  if (label === '' || /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(label)) {
    throw invalid(field, `${field} must be visible text on one line.`);
  }
  return label;
}

function invalid(field: string, detail: string): AppError {
  return new AppError('invalid-value', detail, { details: { field } });
}
