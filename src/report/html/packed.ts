import { gzipSync } from 'node:zlib';
import { Html, html } from './html.ts';
import type { Columns, PageDocument } from './page_data.ts';

/** Letters of JSON that one part of the documents has at least, but for the last one. */
const partLength = 2 ** 18;

/** Documents in parts that a page unpacks when it needs them. */
export function packDocuments(documents: Iterable<PageDocument>): { parts: Html[]; starts: number[] } {
  const parts: Html[] = [];
  const starts: number[] = [];
  let [pending, length, count]: [string[], number, number] = [[], 0, 0];
  const pack = () => {
    parts.push(packed(`part-${parts.length}`, Buffer.from(`[${pending.join(',')}]`)));
    [pending, length] = [[], 0];
  };
  for (const document of documents) {
    if (pending.length === 0) starts.push(count);
    const json = JSON.stringify(document);
    pending.push(json);
    length += json.length;
    count++;
    if (length >= partLength) pack();
  }
  if (pending.length > 0) pack();
  return { parts, starts };
}

export function packColumns(columns: Columns): Html[] {
  return Object.entries(columns).map(([name, { buffer, byteOffset, byteLength }]) =>
    packed(`column-${name}`, Buffer.from(buffer, byteOffset, byteLength)),
  );
}

/** Bytes as an element that no browser reads: gzip in base64, which nothing in it can end. */
function packed(id: string, bytes: Buffer): Html {
  return html`<script type="text/plain" id="${id}">${new Html(gzipSync(bytes).toString('base64'))}</script>\n`;
}
