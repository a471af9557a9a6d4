import {
  type ChildrenSort,
  type File,
  FileAnswer,
  FilePage,
  type UpdateFileRequest,
} from '@valise/core/wire';
import type { ApiHttp, ApiRequest, CallOptions } from './api-http.ts';
import { everyItem, type Page } from './pages.ts';

/** The largest page the server gives. */
export const PAGE_LIMIT = 1_000;

export interface PageRequest {
  readonly cursor?: string | undefined;
  readonly limit?: number;
}

export interface CreateFolder {
  /** A UUIDv7 made by the caller, for whoever must know it beforehand. */
  readonly id?: string;
  readonly name: string;
  readonly parentId: string | null;
}

export interface CreateSymlink extends CreateFolder {
  readonly target: string;
  readonly modifiedAt?: string;
}

export interface CopyFile {
  readonly name?: string;
  readonly parentId: string | null;
}

/** Folders, names, moves, copies, trash and search. `null` as a folder is the caller's root. */
export interface FilesApi {
  createFolder(request: CreateFolder, options?: CallOptions): Promise<File>;
  createSymlink(request: CreateSymlink, options?: CallOptions): Promise<File>;
  childrenPage(
    folderId: string | null,
    request?: PageRequest & { readonly sort?: ChildrenSort },
    options?: CallOptions,
  ): Promise<Page<File>>;
  /** All children of a folder, by name. */
  children(folderId: string | null, options?: CallOptions): Promise<File[]>;
  update(id: string, changes: UpdateFileRequest, options?: CallOptions): Promise<File>;
  copy(id: string, request: CopyFile, options?: CallOptions): Promise<File>;
  /** To the trash; with `version` only if the content isn't newer than that. */
  remove(
    id: string,
    options?: CallOptions & { readonly version?: number; readonly cursor?: string },
  ): Promise<void>;
  trashPage(request?: PageRequest, options?: CallOptions): Promise<Page<File>>;
  trash(options?: CallOptions): Promise<File[]>;
  restore(id: string, options?: CallOptions): Promise<File>;
  /** For good. */
  purge(id: string, options?: CallOptions): Promise<void>;
  searchPage(text: string, request?: PageRequest, options?: CallOptions): Promise<Page<File>>;
  search(text: string, options?: CallOptions): Promise<File[]>;
}

export function createFilesApi(http: ApiHttp, newId: () => string): FilesApi {
  const file = async (request: ApiRequest, options?: CallOptions) =>
    (await http.json(request, FileAnswer, options)).body.file;
  const page = async (path: string, query: ApiRequest['query'], options?: CallOptions) =>
    (await http.json({ method: 'GET', path, query: query ?? {} }, FilePage, options)).body;
  const pages = (path: string, query: ApiRequest['query'], options?: CallOptions) =>
    everyItem((cursor) => page(path, { ...query, cursor, limit: PAGE_LIMIT }, options));
  // An id made here makes a repeated creation find the first one's result.
  const post = (path: string, body: object, options?: CallOptions) =>
    file({ method: 'POST', path, body: { id: newId(), ...body } }, options);

  return {
    createFolder: (request, options) => post('/folders', request, options),
    createSymlink: (request, options) => post('/symlinks', request, options),
    childrenPage: (folderId, request, options) =>
      page(childrenPath(folderId), { ...request }, options),
    children: (folderId, options) => pages(childrenPath(folderId), {}, options),
    update: (id, changes, options) =>
      file({ method: 'PATCH', path: filePath(id), body: changes }, options),
    copy: (id, request, options) => post(`${filePath(id)}/copy`, request, options),
    remove: (id, { version, cursor, ...options } = {}) =>
      http.none({ method: 'DELETE', path: filePath(id), query: { version, cursor } }, options),
    trashPage: (request, options) => page('/files/trash', { ...request }, options),
    trash: (options) => pages('/files/trash', {}, options),
    restore: (id, options) => file({ method: 'POST', path: `${filePath(id)}/restore` }, options),
    purge: (id, options) =>
      http.none({ method: 'DELETE', path: `/files/trash/${encodeURIComponent(id)}` }, options),
    searchPage: (q, request, options) => page('/files/search', { q, ...request }, options),
    search: (q, options) => pages('/files/search', { q }, options),
  };
}

function childrenPath(folderId: string | null): string {
  return `/folders/${folderId === null ? 'root' : encodeURIComponent(folderId)}/children`;
}

export function filePath(id: string): string {
  return `/files/${encodeURIComponent(id)}`;
}
