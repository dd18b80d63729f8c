/** Figures from Vega and Vega-Lite specifications, without a browser, and alike on every machine. */
import { fileURLToPath } from 'node:url';
import { Resvg } from '@resvg/resvg-js';
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
