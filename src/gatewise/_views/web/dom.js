// Elements of the page: made, and changed where they are not yet as they are to be.

/** @typedef {{ [name: string]: string | boolean | null | ((event: any) => void) }} Attributes a function hears an event */

/** @template {keyof HTMLElementTagNameMap} T @param {T} tag @param {Attributes} attributes @param {(string | Node)[]} children */
export const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
};

/** @param {string} tag @param {{ [name: string]: string | number }} attributes */
export const svgElement = (tag, attributes) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
};

/** Writing what is there already would make a browser lay out everything anew. @param {Element} element @param {string} name @param {string | null} value */
export const put = (element, name, value) => {
  if (element.getAttribute(name) === value) return;
  if (value === null) element.removeAttribute(name);
  else element.setAttribute(name, value);
};
