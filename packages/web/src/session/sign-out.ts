import { failureCode } from '@valise/client';
import { api } from './browser-api.ts';
import { writeIdentity } from './identity.ts';

/** Ends this login. The page is loaded anew, so that nothing of one person is left for the next. */
export async function signOut(): Promise<void> {
  try {
    await api.accounts.logout();
  } catch (error) {
    // Offline, or ended already: here, at least, it ends; the rest can be done under Devices.
    if (failureCode(error) === null) throw error;
  }
  writeIdentity(null);
  location.assign('/sign-in');
}
