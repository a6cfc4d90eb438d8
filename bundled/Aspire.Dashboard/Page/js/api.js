async function answer(response) {
  if (response.status === 401) {
    location.assign('/login');
    return new Promise(() => {});
  }
  if (response.ok) return response.status === 204 ? null : response.json();
  const problem = await response.json().catch(() => null);
  throw new Error(problem?.error ?? `The dashboard answered ${response.status}.`);
}

const query = params => {
  const all = new URLSearchParams();
  for (const [name, value] of Object.entries(params ?? {}))
    for (const one of [value].flat())
      if (one !== undefined && one !== null && one !== '' && one !== false) all.append(name, one === true ? '1' : one);
  const text = all.toString();
  return text ? `?${text}` : '';
};

export const link = (view, params) => `#/${view}${query(params)}`;

export const get = (path, params, signal) => fetch(`/api/${path}${query(params)}`, { signal }).then(answer);

export const post = path => fetch(`/api/${path}`, { method: 'POST' }).then(answer);

export const stream = (path, params) => new EventSource(`/api/${path}${query(params)}`);

/**
 * Asks again when told to, never twice at once. `restart` drops the answer to the question that it overtakes; what `run` was
 * called for meanwhile is asked next, as who waits for quiet sees nothing while much happens.
 */
export function refresher(ask, show, onFault) {
  let running = null;
  let again = false;
  let stopped = false;
  const run = async () => {
    if (running) { again = true; return; }
    do {
      again = false;
      const own = running = new AbortController();
      try {
        const result = await ask(own.signal);
        if (!own.signal.aborted) show(result);
      } catch (fault) {
        if (!stopped && fault.name !== 'AbortError') onFault?.(fault);
      } finally {
        running = null;
      }
    } while (again && !stopped);
  };
  return { run, restart: () => { again = true; running?.abort(); if (!running) run(); }, stop: () => { stopped = true; running?.abort(); } };
}
