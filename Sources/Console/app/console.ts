import { showAgent } from './agent.js';
import { byId, element } from './dom.js';
import { showFleet } from './fleet.js';
import { offerLogout } from './session.js';
import { ViewLife } from './view.js';

let life = new ViewLife();

/** `#/` is the fleet, `#/agents/ID` one agent. */
function show(): void {
  life.end();
  life = new ViewLife();
  const main = byId('main');
  const agent = /^#\/agents\/([^/]+)$/.exec(location.hash)?.[1];
  const id = agent === undefined ? undefined : decodeURIComponent(agent);
  byId('trail').replaceChildren(...(id === undefined ? [] : [element('span', {}, id)]));
  document.title = id === undefined ? 'Sluice' : `${id} · Sluice`;
  if (id === undefined) showFleet(main, life);
  else showAgent(main, life, id);
}

addEventListener('hashchange', () => {
  if (location.hash === '#main') return; // the link that skips the header
  show();
  byId('main').focus({ preventScroll: true });
  scrollTo(0, 0);
});
offerLogout();
show();
