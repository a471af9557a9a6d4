import { type AppError, isAppError } from '@valise/core/errors';
import { type ContentEncoding, CreateUploadRequest } from '@valise/core/wire';
import { validatorCompiler } from '../http/validation.ts';
import { type NewUpload, parseNewUpload } from './new-upload.ts';

const validate = validatorCompiler({
  schema: CreateUploadRequest,
  method: 'POST',
  url: '/files/presigned-urls',
  httpPart: 'body',
});

/** Each item of a batch is checked alone, so that a bad one fails alone. */
export function parseRequests(
  items: readonly unknown[],
  decodable: readonly ContentEncoding[],
): readonly (NewUpload | AppError)[] {
  return items.map((item) => {
    const checked = validate(item);
    if (typeof checked === 'object' && 'error' in checked && isAppError(checked.error)) {
      return checked.error;
    }
    return parseRequest(item as CreateUploadRequest, decodable);
  });
}

function parseRequest(
  body: CreateUploadRequest,
  decodable: readonly ContentEncoding[],
): NewUpload | AppError {
  try {
    return parseNewUpload(body, decodable);
  } catch (error) {
    if (isAppError(error)) return error;
    throw error;
  }
}
