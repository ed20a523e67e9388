type Child = Node | string;

/** An element with attributes and children. A text is set as text, never as markup. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag, attributes: Record<string, string> = {}, ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

export function svgElement(tag: string, attributes: Record<string, string>, ...children: Node[]): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`there is no #${id}`);
  return found;
}

/** Writes a text where it differs, so that what does not change costs no layout. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** A share of the whole as a bar; null: unknown. */
export function setBar(bar: HTMLElement, percent: number | null | undefined): void {
  const value = Math.min(100, Math.max(0, percent ?? 0));
  bar.style.width = `${value}%`;
  bar.dataset.level = value >= 95 ? 'full' : value >= 80 ? 'high' : 'usual';
}
