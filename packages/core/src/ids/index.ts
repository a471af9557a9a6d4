export {
  type DeviceId,
  type FileId,
  isUuid,
  isUuidV7,
  type ObjectId,
  type Opaque,
  parseClientId,
  parseId,
  type UploadId,
  type UserId,
  uuidV7,
} from './uuid.ts';
