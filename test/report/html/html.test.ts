import { describe, expect, test } from 'vitest';
import { Html, html, scriptJson } from '../../../src/report/html/html.ts';

describe('a template', () => {
  test('escapes markup, quotes of attributes, and what terminals obey', () => {
    const hostile = `"><img src=x onerror='alert(1)'>\u001b[31m&\``;
    const markup = html`<a title="${hostile}">${hostile}</a>`.toString();
    expect(markup.match(/[<>]/g)).toEqual(['<', '>', '<', '>']);
    expect(markup.match(/["'`]/g)).toEqual(['"', '"']);
    expect(markup).not.toContain('\u001b');
    expect(markup).toContain('&#60;img src=x onerror=&#39;alert(1)&#39;&#62;&#38;');
  });

  test('keeps what is HTML already, joins lists, and leaves out nothing', () => {
    expect(html`<p>${[html`<b>${1}</b>`, '<']}${null}${false}${0}</p>`.toString()).toBe('<p><b>1</b>&#60;0</p>');
    expect(html`${new Html('<br>')}`.toString()).toBe('<br>');
  });
});

describe('JSON in a script element', () => {
  const hostile = { text: '</script><script>alert(1)</script><!-- & \u2028\u2029 \ud800 é', '</script>': null };

  test('cannot end it or open a comment', () => {
    expect(scriptJson(hostile).toString()).not.toMatch(/[<>&\u2028\u2029\ud800]/);
  });

  test('is the same value', () => {
    expect(JSON.parse(scriptJson(hostile).toString())).toEqual(hostile);
  });
});
