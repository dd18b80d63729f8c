/** Figures from Vega and Vega-Lite specifications, without a browser, and alike on every machine. */

import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Resvg } from '@resvg/resvg-js';
import PdfDocument from 'pdfkit';
import svgToPdf from 'svg-to-pdfkit';
import { parse, type Spec, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

/** The font of figures; an SVG viewer without it takes what comes next. */
export const fontFamily = 'DejaVu Sans, Verdana, sans-serif';

const fontFiles = ['dejavu-fonts-ttf/ttf/DejaVuSans.ttf', 'dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf'].map((file) =>
  fileURLToPath(import.meta.resolve(file)),
);

/** Draws a specification as an SVG. Vega guesses the width of texts, generously: nothing should depend on it. */
export async function renderSvg(spec: Spec | TopLevelSpec): Promise<string> {
  const view = new View(parse(isVegaLite(spec) ? compile(spec).spec : spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

function isVegaLite(spec: Spec | TopLevelSpec): spec is TopLevelSpec {
  return spec.$schema?.includes('vega-lite') ?? false;
}

/** Draws an SVG as a PNG, on white, with `scale` pixels for each of the SVG's. */
export function renderPng(svg: string, scale = 2): Uint8Array {
  // The system's fonts are for scripts that DejaVu lacks.
  const font = { fontFiles, loadSystemFonts: true, defaultFontFamily: 'DejaVu Sans' };
  return new Resvg(svg, { font, fitTo: { mode: 'zoom', value: scale }, background: 'white' }).render().asPng();
}

/** Draws an SVG, which says its size, as a PDF of one page of that size in points, with the font's letters in it. */
export async function renderPdf(svg: string): Promise<Uint8Array> {
  const [width, height] = ['width', 'height'].map((name) =>
    Number(new RegExp(`^<svg[^>]* ${name}="([\\d.]+)"`).exec(svg)?.[1]),
  );
  // A date of its own would make every file another one.
  const info = { CreationDate: new Date(0) };
  const document = new PdfDocument({ size: [width, height], margin: 0, info });
  for (const [i, file] of fontFiles.entries()) document.registerFont(fontNames[i], file);
  svgToPdf(document, svg, 0, 0, { assumePt: true, fontCallback: (_, bold) => fontNames[bold ? 1 : 0] });
  document.end();
  return buffer(document);
}

const fontNames = ['DejaVu Sans', 'DejaVu Sans Bold'];
