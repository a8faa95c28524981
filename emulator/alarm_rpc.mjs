// The platform's own `alarm` RPC, rebuilt: raises or clears an alarm record, and says nothing when nothing changed.
// A body as the platform stores it, run in the host's own sandbox like any other.

export const ALARM_RPC = `
const name = params.name;
const active = Object.hasOwn(alarms, name) ? alarms[name] : undefined;
const group = params.group || {};
const notice_groups = Array.isArray(group) ? group : group.notify || params.notify || [];
const data = { alarm_name: name, notice_groups, title: params.title, desc: params.desc, level: params.level || "mid" };
if (params.action === "new") {
  if (active && active.title === data.title && active.desc === data.desc && active.level === data.level) return [];
  return [{ sleepTimeMs: 0, target: device.eui, type: "alarm", dnMsg: { action: "new", data } }];
}
if (params.action === "clear" && active) {
  return [{ sleepTimeMs: 0, target: device.eui, type: "alarm", dnMsg: { action: "clear", data } }];
}
return [];
`;
