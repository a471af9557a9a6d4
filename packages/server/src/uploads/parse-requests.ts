import { type AppError, isAppError } from '@valise/core/errors';
import { CreateUploadRequest } from '@valise/core/wire';
import { validatorCompiler } from '../http/validation.ts';
import { type NewUpload, parseNewUpload } from './new-upload.ts';

const validate = validatorCompiler({
  schema: CreateUploadRequest,
  method: 'POST',
  url: '/files/presigned-urls',
  httpPart: 'body',
});

/** Each item of a batch is checked alone, so that a bad one fails alone. */
export function parseRequests(items: readonly unknown[]): readonly (NewUpload | AppError)[] {
  return items.map((item) => {
    const checked = validate(item);
    if (typeof checked === 'object' && 'error' in checked && isAppError(checked.error)) {
      return checked.error;
    }
    return parseRequest(item as CreateUploadRequest);
  });
}

function parseRequest(body: CreateUploadRequest): NewUpload | AppError {
  try {
    return parseNewUpload(body);
  } catch (error) {
    if (isAppError(error)) return error;
    throw error;
  }
}
