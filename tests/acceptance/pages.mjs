// The sandbox's pages as a browser shows them, one numbered line for each thing, and the count at the end.
import assert from "node:assert/strict";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [origin, executablePath, folder] = process.argv.slice(2);
const WIDTHS = [400, 800, 1280];
const PAIRING = "/your-group/support-pairing";
const REPORTS = "/your-group/support-team-meta";
const HANDBOOK = "/your-group/handbook";

// --- what people and others write into the sandbox first -----------------------------------------------------------

async function api(method, path, body) {
  const headers = { "PRIVATE-TOKEN": "glpat-sandbox-admin-no-secret", "Content-Type": "application/json" };
  const answer = await fetch(`${origin}/api/v4/${path}`, { method, headers, body: body && JSON.stringify(body) });
  assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
  return answer.json();
}
const id = (path) => encodeURIComponent(path.slice(1));

const RICH = `# What a text may hold

- [ ] to do
- [x] done, see #6 and !1, ~"pod::secure" and ~pairify, @svale

| Scanner | Findings |
| --- | ---: |
| SAST | 12 |
| A very long name of a scanner that no screen is wide enough for without help | 3,141,592 |

<details><summary>More of it</summary>

Hidden *until* it is opened.

</details>

> [!note]
> An alert.

A note[^1], \`code with #6 in it\`, https://gitlab.com${PAIRING}/-/issues/6 and https://docs.example.com/elsewhere.

\`\`\`
a_very_long_line_of_code_without_any_place_to_break_it_${"x".repeat(200)}
\`\`\`

![a picture](https://pictures.example.com/a.png)

[^1]: At the end.
`;
const HOSTILE = `<script>window.hacked = 1; document.title = "hacked"</script>
<img src="https://evil.example.com/a.png" onerror="window.hacked = 2">
<img src=x onerror="window.hacked = 3">
<svg onload="window.hacked = 4"><script>window.hacked = 5</script></svg>
<style>body { display: none !important }</style>
<link rel="stylesheet" href="https://evil.example.com/a.css">
<div style="position: fixed; inset: 0" onclick="window.hacked = 6" class="bar" id="main">a cover</div>
<iframe src="https://evil.example.com/"></iframe><object data="https://evil.example.com/"></object>
<form action="https://evil.example.com/"><input name="password" autofocus onfocus="window.hacked = 7"><button>Send</button></form>
<a href="javascript:window.hacked = 8" id="trap">raw</a> [link](javascript:window.hacked=9) [data](data:text/html,<script>window.hacked=10</script>)
<a href="&#106;avascript:window.hacked=11">entity</a> <a href=" java\tscript:window.hacked=12">blank</a> <a href="vbscript:x">vb</a>
<base href="https://evil.example.com/"><meta http-equiv="refresh" content="0; url=https://evil.example.com/">
<math><mtext></p><img src=x onerror="window.hacked=13"></mtext></math>
</article></main></div></body><p>after the end, <b>bold</p>

${"<details><summary>deep</summary>".repeat(30)}

${"w".repeat(500)}
`;
const TITLE = `<img src=x onerror="window.hacked=20"> & "quotes" </title><script>window.hacked=21</script>`;

async function write() {
  const pairing = id(PAIRING);
  const rich = await api("POST", `projects/${pairing}/issues`, { title: "A text with everything in it", description: RICH, labels: "pod::secure,pairify" });
  await api("POST", `projects/${pairing}/issues/${rich.iid}/notes`, { body: "A comment with **bold** words and #1" });
  await api("POST", `projects/${pairing}/issues/${rich.iid}/links`, { target_project_id: "your-group/support-pairing", target_issue_iid: 6 });
  await api("POST", `projects/${pairing}/labels`, { name: "<b>bold</b>", color: "#ff0000" });
  const hostile = await api("POST", `projects/${pairing}/issues`, { title: TITLE, description: HOSTILE, labels: "<b>bold</b>" });
  await api("POST", `projects/${pairing}/issues/${hostile.iid}/notes`, { body: HOSTILE });
  const handbook = id(HANDBOOK);
  const page = encodeURIComponent("content/handbook/support/support-pods/secure/_index.md");
  const text = await (await fetch(`${origin}${HANDBOOK}/-/raw/main/content/handbook/support/support-pods/secure/_index.md`)).text();
  const changed = text.replace("Ada Quill", "Ada Quill-Moreau").split("\n").filter((line, at) => at !== 43).join("\n");
  await api("PUT", `projects/${handbook}/repository/files/${page}`, { branch: "mend-the-page", start_branch: "main", content: changed, commit_message: "Mend the page" });
  await api("POST", `projects/${handbook}/repository/files/${encodeURIComponent("content/new file.md")}`, { branch: "mend-the-page", content: "# New\n\n<script>window.hacked = 30</script>\n", commit_message: "A file more" });
  const request = await api("POST", `projects/${handbook}/merge_requests`, { source_branch: "mend-the-page", target_branch: "main", title: "Mend the page", description: "Closes nothing.\n\n- [x] looked at it\n" });
  await api("POST", `projects/${handbook}/merge_requests/${request.iid}/notes`, { body: "Looks good, see !" + request.iid });
  const [commit] = await api("GET", `projects/${handbook}/merge_requests/${request.iid}/commits`);
  return { rich: rich.iid, hostile: hostile.iid, request: request.iid, commit: commit.id };
}

// --- the browser ---------------------------------------------------------------------------------------------------

const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const made = await write();
const browser = await chromium.launchPersistentContext(join(folder, "profile"), { executablePath, args: flags, headless: true });
browser.setDefaultTimeout(5000);

const PAGES = {
  start: ["/", ["A GitLab on loopback", "your-group/support-pairing", "glpat-sandbox-api-no-secret", "podkeeper's own"]],
  project: [PAIRING, ["support-pairing", "Newest issues", "Secure Pod Pairing, Thu 26 Nov 2026, 15:00 UTC", "pod::secure", "README.md"]],
  issues: [`${PAIRING}/-/issues`, ["Issues", "open", "closed", "#6"]],
  closed: [`${PAIRING}/-/issues?state=closed`, ["Pairing: Jonah <> Lucja"]],
  session: [`${PAIRING}/-/issues/6`, ["Secure Pod Pairing, Thu 26 Nov 2026, 15:00 UTC", "Thursday 26 November 2026, 15:00 UTC, one hour", "podkeeper (@podkeeper-bot)", "Who is here"]],
  relabelled: [`${PAIRING}/-/issues/1`, ["Activity", "removed pod::secure", "added pod::secure"]],
  links_report: [`${REPORTS}/-/issues/2`, ["Secure Pod: links and labels that need a look", "link-dead, line 151"]],
  roster_report: [`${REPORTS}/-/issues/1`, ["members only", "member-without-focus"]],
  rich: [`${PAIRING}/-/issues/${made.rich}`, ["A text with everything in it", "More of it", "An alert.", "A comment with bold words", "relates to", "At the end."]],
  hostile: [`${PAIRING}/-/issues/${made.hostile}`, ["a cover", "after the end", "The description as it is stored"]],
  labels: [`${PAIRING}/-/labels`, ["pairify", "<b>bold</b>", "#8fbc8f"]],
  requests: [`${HANDBOOK}/-/merge_requests`, ["Mend the page", "mend-the-page into main"]],
  request: [`${HANDBOOK}/-/merge_requests/${made.request}`, ["Mend the page", "mend-the-page into main", "2 files", "@@ -8,7 +8,7 @@", "@@ -0,0 +1,3 @@", "Ada Quill-Moreau", "A file more", "Looks good"]],
  commit: [`${HANDBOOK}/-/commit/${made.commit}`, ["A file more", "new file", "@@ -0,0 +1,3 @@"]],
  epic: ["/groups/harbour-desk/support/-/epics/41", ["Pods", "Epic", "open"]],
  tree: [`${HANDBOOK}/-/tree/main`, ["README.md", "content/"]],
  markdown: [`${HANDBOOK}/-/blob/main/content/handbook/support/support-pods/secure/_index.md`, ["Secure Pod members", "With its lines"]],
  lines: [`${HANDBOOK}/-/blob/main/content/handbook/support/support-pods/secure/_index.md?plain=1`, ["As it is meant to look"]],
  branch: [`${HANDBOOK}/-/blob/mend-the-page/content/new%20file.md`, ["New"]],
  group: ["/your-group", ["Group", "support"]],
  epics: ["/harbour-desk/support", ["Epics", "Pods"]],
  journal: ["/-/journal.html", ["POST", "/api/v4/projects/", "2026-11-24 06:00", "add_labels", "what it wrote"]],
  missing: ["/no/such/project", ["Not found"]],
};

let passed = 0, failed = 0;
async function check(sentence, test) {
  try {
    await test();
    passed += 1;
    console.log(`ok ${passed + failed} - ${sentence}`);
  } catch (error) {
    failed += 1;
    console.log(`not ok ${passed + failed} - ${sentence}\n    ${String(error.message).split("\n").slice(0, 30).join("\n    ")}`);
  }
}

/// Opens a page and hears what it says and asks for until `look` is done.
async function open(path, width, colorScheme, look) {
  const page = await browser.newPage();
  const said = [], asked = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  page.on("dialog", (dialog) => { said.push(dialog.message()); dialog.dismiss(); });
  page.on("request", (request) => asked.push(request.url()));
  try {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    const answer = await page.goto(origin + path, { waitUntil: "load" });
    await look(page, answer);
    // A page that is not there says so itself.
    const heard = said.filter((text) => !(answer.status() === 404 && text.includes("404")));
    assert.deepEqual(heard, [], "the console");
    assert.deepEqual(asked.filter((url) => new URL(url).origin !== origin && !url.startsWith("data:")), [], "requests elsewhere");
    assert.equal(await page.evaluate(() => window.hacked), undefined, "nothing ran");
  } finally {
    await page.close();
  }
}

/// Pairs of colours on the page that are hard to tell apart (WCAG 2.2, 1.4.3), by what is really drawn.
const faint = () => {
  const rgb = (color) => (color.match(/[\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)).reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const color = rgb(getComputedStyle(one).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return rgb(getComputedStyle(document.documentElement).backgroundColor).slice(0, 3);
  };
  const found = new Set();
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || element.closest(".unseen, .skip") || !element.checkVisibility()) continue;
    const [one, other] = [light(rgb(getComputedStyle(element).color)), light(behind(element))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    if (ratio < 4.5) found.add(`${element.tagName} ${element.className} "${element.textContent.trim().slice(0, 30)}": ${ratio.toFixed(2)}`);
  }
  return [...found];
};

for (const [name, [path, words]] of Object.entries(PAGES)) {
  await check(`${name}: ${path.split("?")[0]}`, async () => {
    for (const colorScheme of ["light", "dark"]) {
      for (const width of WIDTHS) {
        await open(path, width, colorScheme, async (page, answer) => {
          assert.equal(answer.status(), name === "missing" ? 404 : 200);
          const text = (await page.innerText("body")).replace(/\s+/g, " ");
          for (const word of words) assert.ok(text.includes(word), `"${word}" at ${width}: ${text.slice(0, 1500)}`);
          const [wanted, has] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
          assert.ok(wanted <= has, `at ${width} it is ${wanted} wide`);
          assert.deepEqual(await page.evaluate(faint), [], `${colorScheme} at ${width}`);
          assert.equal(await page.locator("h1").first().count(), 1);
          assert.equal(await page.locator("main").count(), 1, "one main landmark");
          const doubled = await page.evaluate(() => [...document.querySelectorAll("[id]")].map((one) => one.id).filter((one, at, all) => all.indexOf(one) !== at));
          assert.deepEqual(doubled, [], "ids that stand twice");
          await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true });
        });
      }
    }
  });
}

const one = (path, look) => open(path, 1280, "light", look);

await check("a text from outside is inert, in the document and by the page's own policy", () =>
  one(PAGES.hostile[0], async (page, answer) => {
    const policy = answer.headers()["content-security-policy"];
    assert.ok(policy.includes("default-src 'none'") && !policy.includes("script-src"), policy);
    const acting = await page.evaluate(() => {
      const all = [...document.querySelectorAll("*")];
      return all.filter((element) =>
        ["SCRIPT", "IFRAME", "OBJECT", "EMBED", "FORM", "BASE", "IMG", "SVG", "MATH", "BUTTON", "TEXTAREA"].includes(element.tagName.toUpperCase())
        || [...element.attributes].some((attribute) => attribute.name.startsWith("on") || /^\s*(javascript|vbscript|data:text)/i.test(attribute.value))
        || (element.hasAttribute("style") && !element.classList.contains("label")))
        .map((element) => element.outerHTML.slice(0, 100));
    });
    assert.deepEqual(acting, []);
    assert.equal(await page.evaluate(() => document.querySelectorAll("style, link[rel=stylesheet]").length), 1, "the page's own style only");
    for (const trap of ["raw", "link", "data", "entity", "blank", "vb"]) {
      assert.equal(await page.locator("article a", { hasText: new RegExp(`^${trap}$`) }).count(), 0, trap);
    }
    // What follows a text stands outside of it.
    assert.ok(await page.locator("main > .pair > div > h2", { hasText: "Activity" }).isVisible());
  }));
await check("a rendered text has its tasks, its table, its folded part, its alert and its footnote", () =>
  one(PAGES.rich[0], async (page) => {
    const text = page.locator("article[aria-label=Description]");
    assert.deepEqual(await text.locator("input[type=checkbox]").evaluateAll((all) => all.map((one) => [one.checked, one.disabled])), [[false, true], [true, true]]);
    assert.equal(await text.locator("table td.right").first().innerText(), "12");
    assert.ok(!(await text.getByText("Hidden until it is opened.").isVisible()));
    await text.locator("summary").click();
    assert.ok(await text.getByText("Hidden until it is opened.").isVisible());
    assert.equal(await text.locator(".markdown-alert").count(), 1);
    await text.locator(".footnote-ref a").click();
    assert.equal(new URL(page.url()).hash, "#fn-1");
  }));
await check("references and addresses of the sandbox are links, and lead where they say", () =>
  one(PAGES.rich[0], async (page) => {
    const text = page.locator("article[aria-label=Description]");
    assert.equal(await text.locator("code a").count(), 0, "none in code");
    assert.equal(await text.getByRole("link", { name: `https://gitlab.com${PAIRING}/-/issues/6` }).getAttribute("href"), `${PAIRING}/-/issues/6`);
    assert.equal(await text.locator("a.outside").first().getAttribute("rel"), "nofollow noopener noreferrer");
    assert.equal(await text.locator("a.label").count(), 2);
    await text.getByRole("link", { name: "#6", exact: true }).click();
    assert.match(await page.title(), /^Secure Pod Pairing, Thu 26 Nov 2026/);
  }));
await check("labels, states and tabs filter by link", () =>
  one(PAIRING, async (page) => {
    await page.getByRole("link", { name: "pod::secure" }).first().click();
    assert.ok((await page.innerText("main")).includes("without this filter"));
    await page.getByRole("navigation", { name: "By state" }).getByRole("link", { name: /^closed/ }).click();
    assert.ok(page.url().includes("label_name"), page.url());
    await page.getByRole("navigation", { name: "The project" }).getByRole("link", { name: /^Files/ }).click();
    await page.getByRole("link", { name: "README.md" }).click();
    assert.ok((await page.innerText("main")).includes("Support pairing"));
  }));
await check("a difference shows lines that came, went and stayed", () =>
  one(PAGES.request[0], async (page) => {
    const diff = page.locator("section[aria-label$='_index.md']");
    assert.equal(await diff.locator("tr.added").count(), 1);
    assert.equal(await diff.locator("tr.removed").count(), 2);
    assert.equal(await diff.locator("tr.same").count(), 12);
    assert.equal(await diff.locator("tr.hunk").count(), 2);
    assert.equal((await diff.locator("tr.added td.sign").innerText()).trim(), "+");
    const added = page.locator("section[aria-label='content/new file.md']");
    assert.ok((await added.innerText()).includes("<script>window.hacked = 30</script>"));
  }));
await check("a write of the journal leads to what it wrote", () =>
  one("/-/journal.html", async (page) => {
    const first = page.locator("#write-1");
    assert.ok((await first.innerText()).includes("Secure Pod Pairing, Thu 26 Nov 2026, 15:00 UTC"));
    await first.locator("summary").first().click();
    assert.ok((await first.innerText()).includes("podkeeper:v1 session secure/weekly/2026-W48"));
    await first.getByRole("link", { name: "what it wrote" }).click();
    assert.equal(new URL(page.url()).pathname, `${PAIRING}/-/issues/6`);
  }));
await check("the keyboard reaches the page past its navigation", () =>
  one("/", async (page) => {
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    // The browser follows the link in its own time.
    await page.waitForFunction(() => location.hash === "#main");
    assert.equal(new URL(page.url()).hash, "#main");
  }));

await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
