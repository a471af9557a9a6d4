import { reconcileContract } from './reconcile.contract.ts';

reconcileContract('the embedded store', null);
