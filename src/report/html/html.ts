import { escapeHtml } from '../../output/escape.ts';

/** Markup that needs no escaping. */
export class Html {
  readonly #markup: string;

  constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

export type HtmlValue = Html | string | number | null | false | readonly HtmlValue[];

/** A template of HTML: what it is filled with is escaped, for text and quoted attributes alike, unless it is `Html`. */
export function html(parts: TemplateStringsArray, ...values: HtmlValue[]): Html {
  return new Html(parts.map((part, i) => part + (i < values.length ? markup(values[i]) : '')).join(''));
}

function markup(value: HtmlValue): string {
  if (value instanceof Html) return value.toString();
  if (value === null || value === false) return '';
  return Array.isArray(value) ? value.map(markup).join('') : escapeHtml(String(value));
}

/** JSON as the content of a script element, which nothing in it can end; what reorders or breaks lines is escaped. */
export function scriptJson(value: unknown): Html {
  return new Html(JSON.stringify(value).replace(/[<>&\p{Bidi_Control}\p{Zl}\p{Zp}]/gu, unicodeEscape));
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
