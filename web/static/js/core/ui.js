// The few names every component needs: Preact with htm templates and signals.
import { h, render } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { batch, computed, effect, signal, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import htm from "htm";

export const html = htm.bind(h);
export { batch, computed, effect, render, signal, useComputed, useEffect, useRef, useSignal, useSignalEffect };
