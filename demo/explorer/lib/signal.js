// Something that happens, and those who want to know of it.

/**
 * @template {any[]} Facts
 * @typedef {object} Signal
 * @property {(listener: (...facts: Facts) => void) => () => void} subscribe returns what ends the subscription
 * @property {(...facts: Facts) => void} tell
 */

/**
 * Listeners are told in the order in which they came.
 *
 * @template {any[]} Facts
 * @returns {Signal<Facts>}
 */
export function signal() {
  const listeners = new Set();
  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    tell(...facts) {
      for (const listener of listeners) listener(...facts);
    },
  };
}
