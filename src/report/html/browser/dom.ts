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

/** The element that the page has under an id. */
export function byId<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}
