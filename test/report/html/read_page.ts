import { gunzipSync } from 'node:zlib';
import type { PageData, PageDocument } from '../../../src/report/html/page_data.ts';

/** What a page has for its script, unpacked. */
export interface ReadPage extends PageData {
  documents: PageDocument[];
  /** Every byte that is packed in it, as text. */
  unpacked: string;
}

export function readPage(html: string): ReadPage {
  const [, json] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)!;
  const packed = [...html.matchAll(/<script type="text\/plain" id="([^"]*)">([^<]*)<\/script>/g)].map(
    ([, id, text]) => ({ id, text: gunzipSync(Buffer.from(text, 'base64')).toString() }),
  );
  const documents = packed
    .filter(({ id }) => id.startsWith('part-'))
    .flatMap(({ text }) => JSON.parse(text) as PageDocument[]);
  return { ...(JSON.parse(json) as PageData), documents, unpacked: packed.map(({ text }) => text).join('\n') };
}
