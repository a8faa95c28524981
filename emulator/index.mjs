// The emulator's front door: TKL hosts on this machine, fake chat services on loopback, one virtual clock.
// Re-exports only; each part says what it does where it lives.
//
//   const services = await startServices();                       // or { clock: new Clock('2026-03-02T08:00:00Z') }
//   services.wecomBot.addGroup('alarm', { key: 'key-1', members: [{ id: 'li', name: 'Li', mobile: '138…' }] });
//   services.dingtalkRobot.addGroup('ops', { token: 'tok', secret: 'SEC…', keywords: ['alarm'] });
//   services.wecomApp.addApp({ corpId: 'ww1', secret: 's', agentId: 1000002, members: [{ id: 'li', parties: ['2'] }] });
//
//   const tkl = await startPlatform({ profile: 'tkl-current', services,     // PROFILES lists the names
//     wrapper: 'async', buffer: false, axios: false, failedAxiosStops: false, triggers: { order: 'alarm first', parallel: true },
//     orgParams: { wecom_webhook_url: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=key-1' } });
//   tkl.addDevice({ eui: '24e1', name: 'Cold store', server_attrs: { … }, alarms: { overheat: { … } } });
//   tkl.mount('wecom_notify', bodyText, { wrapper: 'globals' });            // a syntax error throws here, as at save
//   const r = await tkl.call('24e1', 'wecom_notify', { name: 'overheat', action: 'new' });
//     r.outcome 'success' | 'error' | 'server ended'    r.error    r.result (as it is)    r.actions (JSON)
//     r.logs [[level, text, extra?]]                    r.done [{type, ok, error, answer, status, at, action}]
//   await tkl.call(eui, method, params, { inputs: { device: Object.freeze({}), logger: undefined } });   // exact inputs
//   await tkl.call(eui, method, params, { dryRun: true });                  // the script runs, its actions do not
//
//   tkl.mountTrigger('heat', triggerBody);
//   const [run] = await tkl.uplink('24e1', '77', { temperature: 90 });      // run.returned, run.calls, run.error
//   await tkl.dispatch([{ method: 'alarm', params: { _eui, … } }]);         // what a trigger with that answer calls
//   await tkl.advance(5 * 60_000);                                          // virtual; delayed triggers fall due
//   tkl.device('24e1').server_attrs   tkl.device('24e1').alarms   tkl.published   tkl.notices   tkl.calls
//
//   services.wecomBot.group('alarm').delivered [{at, msgtype, text, view, live: {links, mentions, colours, …}, rung: ['li']}]
//   services.wecomBot.refused [{errcode, errmsg}]      services.wecomBot.bot('key-1').removed = true
//   services.dingtalkRobot.robot('tok').state = 'removed'      services.wecomApp.inboxOf('li')      services.wecomApp.dropped
//   services.wecomApp.revokeTokens(app)   services.wecomApp.expiredAnswer = 40014   services.wecomApp.strictRange = true
//   services.network.fail('timeout', { service: 'wecom_bot', path, skip: 1, times: 2 });   // Fault in network.mjs
//   services.network.requests [{at, service, method, url, data, fault, status, answer, error}]
//   services.lead('wecom_base_url', 'https://proxy.example/wecom');          // a gateway's address leads to the same fakes
//   services.all                                                            // every fake, in the order of its table
//   await services.close();
//
//   const host = await openHost('tkl-current-strict', { clock });           // a script alone, without a platform
//   await host.run(host.compile(body), { device, params, … });              // {kind: 'result' | 'error' | 'server ended', …}

export { runActions } from './actions.mjs';
export { Clock, STORY_START } from './clock.mjs';
export { openHost, PROFILES, TKL_PROFILES } from './host.mjs';
export { startPlatform } from './platform.mjs';
export { startServices } from './services/all.mjs';
export { signature } from './services/dingtalk_robot.mjs';
export * as markdown from './services/markdown.mjs';
