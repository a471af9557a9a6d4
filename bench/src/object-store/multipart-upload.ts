import type { Presigner } from '../measure/presign.ts';

export interface Part {
  readonly number: number;
  readonly etag: string;
}

/** The calls around a multipart upload that carry no content; an answer other than 2xx throws. */
export class MultipartUpload {
  readonly #signer: Presigner;
  readonly #key: string;
  readonly #id: string;

  private constructor(signer: Presigner, key: string, id: string) {
    this.#signer = signer;
    this.#key = key;
    this.#id = id;
  }

  static async begin(signer: Presigner, key: string): Promise<MultipartUpload> {
    const url = signer.url('POST', key, { query: { uploads: '' } });
    const answer = await call('POST', url);
    const id = /<UploadId>([^<]+)<\/UploadId>/.exec(answer)?.[1] ?? '';
    return new MultipartUpload(signer, key, id);
  }

  /** Where the bytes of a part go. */
  partUrl(number: number): URL {
    return this.#signer.url('PUT', this.#key, { query: this.#part(number) });
  }

  /** A part that is bytes `from`–`to` (both included) of another object, `/bucket/key`. */
  async copyPart(
    number: number,
    { source, from, to }: { source: string; from: number; to: number },
  ): Promise<Part> {
    const headers = {
      'x-amz-copy-source': source,
      'x-amz-copy-source-range': `bytes=${from}-${to}`,
    };
    const url = this.#signer.url('PUT', this.#key, { query: this.#part(number), headers });
    const answer = await call('PUT', url, { headers });
    const etag = /<ETag>(?:&quot;|")?([^&"<]+)/.exec(answer)?.[1] ?? '';
    return { number, etag };
  }

  async complete(parts: readonly Part[]): Promise<void> {
    const list = parts.map(
      ({ number, etag }) => `<Part><PartNumber>${number}</PartNumber><ETag>"${etag}"</ETag></Part>`,
    );
    const body = `<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`;
    await call('POST', this.#signer.url('POST', this.#key, { query: { uploadId: this.#id } }), {
      body,
    });
  }

  /** The parts as the store lists them, at most 1,000. */
  async list(): Promise<readonly Part[]> {
    const answer = await call(
      'GET',
      this.#signer.url('GET', this.#key, { query: { uploadId: this.#id } }),
    );
    const found = answer.matchAll(/<Part>.*?<\/Part>/gs);
    return [...found].map(([text]) => ({
      number: Number(/<PartNumber>(\d+)/.exec(text)?.[1]),
      etag: /<ETag>(?:&quot;|")?([^&"<]+)/.exec(text)?.[1] ?? '',
    }));
  }

  #part(number: number): Record<string, string> {
    return { partNumber: String(number), uploadId: this.#id };
  }
}

export async function call(method: string, url: URL, init: RequestInit = {}): Promise<string> {
  const answer = await fetch(url, { method, ...init });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url.pathname}: ${answer.status} ${text}`);
  return text;
}
