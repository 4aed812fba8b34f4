// What this page has to offer (demo.offers): read once, from one text, because the framework copies every property of the
// component each time that something arrives.

import { learnColours } from '../lib/colour.js';

/** @import { OfferFacts } from '../types.js' */

/** @type {OfferFacts} read before anything is drawn */
export let offer;

/** @param {string} text JSON */
export function readOffer(text) {
  offer = JSON.parse(text);
  learnColours(offer.colours);
}

/** Only a network with joints can find a person. @param {string} model */
export const findsPeople = (model) => offer.tasks[model]?.joints ?? true;
