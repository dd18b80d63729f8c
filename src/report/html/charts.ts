import { accuracyCaption, accuracyPanels, figureNoun } from '../charts/accuracy.ts';
import { calibrationCaption, calibrationPanels } from '../charts/calibration.ts';
import { marginPanels, marginsCaption } from '../charts/margins.ts';
import { type Panel, panelSpec } from '../charts/panel.ts';
import { scalingCaption, scalingPanels } from '../charts/scaling.ts';
import { pageTheme, seriesColour, shapes } from '../charts/theme.ts';
import { renderSvg } from '../plot.ts';
import { type ReportData, seriesNames } from '../report_data.ts';
import { Html, html } from './html.ts';
import type { Section } from './page.ts';

/** The sections of charts; those that have nothing to show say why. */
export async function chartSections(data: ReportData): Promise<Section[]> {
  const noSamples = 'There are no samples with log-likelihoods of choices beside these results.';
  const noun = figureNoun(data);
  const scaling = scalingPanels(data, pageTheme, false);
  const sections: [id: string, title: string, caption: string, panels: Panel[], without: string][] = [
    ['accuracy', `${noun} by model`, accuracyCaption, accuracyPanels(data, pageTheme), 'There are no figures.'],
    [
      'scaling',
      `${noun} against parameters`,
      scalingCaption,
      scaling,
      'This takes models of at least two sizes, as the results or the models’ names tell them.',
    ],
    ['calibration', 'Calibration', calibrationCaption, calibrationPanels(data, pageTheme), noSamples],
    ['margins', 'Log-likelihood margins', marginsCaption, marginPanels(data, pageTheme), noSamples],
  ];
  return Promise.all(
    sections.map(async ([id, title, caption, panels, without]) => ({
      id,
      title,
      content:
        panels.length === 0
          ? html`<p class="note">${without}</p>`
          : html`<p class="note">${caption}</p>
${id === 'scaling' && legend(data)}
<div class="panels">${await Promise.all(panels.map(panelFigure))}</div>`,
    })),
  );
}

async function panelFigure(panel: Panel): Promise<Html> {
  const svg = await renderSvg(panelSpec(panel, pageTheme));
  return html`<figure><figcaption>${panel.title} <span>${panel.subtitle ?? ''}</span></figcaption>${fluid(svg)}</figure>
`;
}

/** As wide as there is room: only the view box tells the size. */
function fluid(svg: string): Html {
  return new Html(
    svg.replace(
      /^<svg([^>]*)>/,
      (_, attributes: string) => `<svg role="img"${attributes.replace(/ (width|height)="[^"]*"/g, '')}>`,
    ),
  );
}

function legend({ models }: ReportData): Html {
  const items = seriesNames(models).map((name, i) => {
    const sign = html`<span style="color: ${seriesColour(pageTheme, i)}">${shapes[i % shapes.length].character}</span>`;
    return html`<li>${sign} ${name}</li>`;
  });
  return html`<ul class="legend">${items}</ul>`;
}
