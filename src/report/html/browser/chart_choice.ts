import { element } from './dom.ts';

/** Of charts with several groups of panels shows one, which is chosen above them. */
export function showChartChoices(): void {
  for (const chart of document.querySelectorAll<HTMLElement>('.panel-groups')) {
    const groups = [...chart.querySelectorAll<HTMLElement>('.panel-group')];
    const options = groups.map(({ dataset }, i) => element('option', { value: String(i) }, dataset.group ?? ''));
    const select = element('select', {}, ...options);
    const draw = () => {
      for (const [i, group] of groups.entries()) group.hidden = i !== Number(select.value);
    };
    select.addEventListener('change', draw);
    draw();
    chart.prepend(element('form', { class: 'controls' }, element('label', {}, 'Benchmark', select)));
  }
}
