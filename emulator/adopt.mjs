// Makes the fakes know whatever credentials a user's own settings name, so that their files just work.
// A group made here takes anybody who is mentioned for a member.

const WECOM_SEND = /^https:\/\/[^/]+(?:\/.*)?\/cgi-bin\/webhook\/send\?/;

/**
 * @param {import('./services/all.mjs').Services} services
 * @param {Record<string, any>} orgParams
 * @param {Record<string, any>} serverAttrs only DingTalk's pair may stand there
 */
export function adopt(services, orgParams, serverAttrs = {}) {
  const { wecomBot, wecomApp, dingtalkRobot } = services;
  for (const [name, value] of Object.entries(orgParams)) {
    const channel = /^wecom_webhook_(.+)$/.exec(name)?.[1];
    const key = channel && webhookKey(String(value).trim());
    if (!channel || !key || wecomBot.bots.has(key)) continue;
    wecomBot.addGroup(channel === 'url' ? 'wecom' : `wecom:${channel}`, { key, anybody: true });
  }
  for (const settings of [orgParams, serverAttrs]) {
    for (const [name, value] of Object.entries(settings)) {
      const match = /^dingtalk_token(_.+)?$/.exec(name);
      const token = match && tokenOf(String(value).trim());
      if (!match || !token || dingtalkRobot.robots.has(token)) continue;
      const secret = settings[`dingtalk_secret${match[1] ?? ''}`];
      const group = match[1] ? `dingtalk:${match[1].slice(1)}` : 'dingtalk';
      const guard = secret && secret !== 'none' ? { secret: String(secret).trim() } : {};
      dingtalkRobot.addGroup(group, { token, anybody: true, ...guard });
    }
  }
  const { wecom_corp_id: corpId, wecom_corp_secret: secret, wecom_agent_id: agentId } = orgParams;
  if (corpId && secret && agentId && !wecomApp.apps.some((app) => app.secret === secret)) {
    wecomApp.addApp({ corpId: String(corpId).trim(), secret: String(secret).trim(), agentId: Number(agentId) });
    wecomApp.anybody = true;
  }
  for (const vendor of /** @type {const} */ (['wecom', 'dingtalk'])) {
    const address = orgParams[`${vendor}_base_url`];
    if (typeof address === 'string' && /^https:\/\/[^/\s]/.test(address)) services.proxy(vendor, address);
  }
}

/** The setting may hold the whole address or the bare key. */
function webhookKey(/** @type {string} */ setting) {
  if (!setting.includes('/')) return setting;
  return WECOM_SEND.test(setting) ? new URL(setting).searchParams.get('key') : undefined;
}

function tokenOf(/** @type {string} */ setting) {
  return /[?&]access_token=([^&\s]+)/.exec(setting)?.[1] ?? setting;
}
