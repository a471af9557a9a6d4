export * from './accounts.ts';
export * from './changes.ts';
export * from './downloads.ts';
export * from './files.ts';
export * from './scalars.ts';
export * from './shares.ts';
export * from './uploads.ts';
