declare module 'svg-to-pdfkit' {
  interface SvgOptions {
    assumePt?: boolean;
    /** The name of a registered font. */
    fontCallback?(family: string, bold: boolean, italic: boolean): string;
  }
  /** Draws an SVG on the present page. */
  export default function svgToPdf(
    document: import('pdfkit'),
    svg: string,
    x: number,
    y: number,
    options?: SvgOptions,
  ): void;
}
