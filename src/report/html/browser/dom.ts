type Attributes = Readonly<Record<string, string | boolean | null>>;

/** An element; texts are set as text, whatever is in them. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: (Node | string | null)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** What may be wider than the page, and is scrolled with keys too. @param label What it holds. */
export function scrollBox(label: string, content: HTMLElement): HTMLElement {
  return element('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': label }, content);
}

/** The element that the page has under an id. */
export function byId<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

/** Options under a heading; those under none stand alone. */
export type OptionGroup = [heading: string, options: [value: string, text: string][]];

/** Fills a select. Groups without options are left out. */
export function fill(id: string, groups: readonly OptionGroup[]): void {
  const made = groups.flatMap(([heading, options]) => {
    const elements = options.map(([value, text]) => element('option', { value }, text));
    if (heading === '' || elements.length === 0) return elements;
    return [element('optgroup', { label: heading }, ...elements)];
  });
  const select = byId<HTMLSelectElement>(id);
  const { value: chosen } = select;
  select.replaceChildren(...made);
  if ([...select.options].some(({ value }) => value === chosen)) select.value = chosen;
}
