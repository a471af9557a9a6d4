export { AppError, type AppErrorOptions, isAppError } from './app-error.ts';
export { ERROR_CODES, ERRORS, type ErrorCode, isErrorCode, type Remedy } from './error-codes.ts';
export { batchFailure, type Problem, problemOf } from './problem.ts';
