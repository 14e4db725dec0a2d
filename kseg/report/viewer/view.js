// The page of `kseg view`: fetches what the server lists, shows it, and lets a person steer it.
// Names come from files, so they are only ever set as text.
"use strict";

(() => {
  const QUERY = `?token=${new URLSearchParams(location.search).get("token")}`;
  // The signs of a position in mm, below and above zero.
  const LETTERS = ["LR", "PA", "IS"];

  const byId = (id) => document.getElementById(id);

  function element(name, properties = {}, children = []) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  async function ask(address) {
    const answer = await fetch(address + QUERY, { credentials: "omit" });
    if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
    return answer;
  }

  // Two masks over each other are told apart by hue; otherwise each label has its own.
  function addColours(listed) {
    const masks = listed.filter((volume) => volume.kind === "labels");
    if (masks.length === 2) [masks[0].colours, masks[1].colours] = ["truth", "predicted"];
  }

  async function load(listed) {
    const volumes = [];
    for (const [index, { address, kind, colours, visible }] of listed.entries()) {
      byId("state").textContent = `Loading ${index + 1} of ${listed.length}…`;
      const bytes = await (await ask(address)).arrayBuffer();
      // The browser has undone the compression, whatever the file was called.
      volumes.push({ name: `${index}.nii`, kind, colours, bytes, opacity: visible ? undefined : 0 });
    }
    return volumes;
  }

  function row(viewer, volume, index) {
    const first = volume.visible ? viewer.volumes[index].opacity : 1;
    const show = element("input", { type: "checkbox", checked: volume.visible });
    const opacity = element("input", { type: "range", min: 0, max: 1, step: 0.05, value: first });
    opacity.setAttribute("aria-label", `Opacity of ${volume.name}`);
    const set = () => {
      window.ksegViewer.setOpacity(viewer, index, show.checked ? Number(opacity.value) : 0);
    };
    show.addEventListener("change", set);
    opacity.addEventListener("input", () => {
      show.checked = true;
      set();
    });
    const isImage = volume.kind === "image";
    const colours = isImage ? "" : (volume.colours ?? "each");
    const value = element("output", { id: `value-${index}`, textContent: "–" });
    const notes = volume.notes.map((note) => element("li", { textContent: note }));
    return element("li", {}, [
      element("label", {}, [
        show,
        element("span", { className: `swatch ${colours}` }),
        volume.name,
      ]),
      element("div", {}, [isImage ? "value " : "label ", value]),
      opacity,
      ...(notes.length ? [element("ul", { className: "notes" }, notes)] : []),
    ]);
  }

  function tell({ mm, values }) {
    const parts = LETTERS.map(([below, above], axis) => {
      return `${Math.abs(mm[axis]).toFixed(1)} ${mm[axis] < 0 ? below : above}`;
    });
    byId("position").textContent = `${parts.join(", ")} mm`;
    values.forEach(({ value }, index) => {
      const text = Number.isInteger(value) ? value : value.toPrecision(5);
      byId(`value-${index}`).textContent = text;
    });
  }

  function steer(viewer) {
    const planes = byId("planes");
    const outlines = byId("outlines");
    planes.addEventListener("change", () => viewer.setSliceType(Number(planes.value)));
    outlines.addEventListener("change", () => viewer.setAtlasOutline(outlines.checked ? 1 : 0));
    planes.disabled = outlines.disabled = false;
    // Beside three planes it would be drawn anew at every step, for seconds without a graphics card.
    viewer.opts.multiplanarShowRender = window.niivue.SHOW_RENDER.NEVER;
    viewer.onLocationChange = tell;
    // No step: onto the nearest voxel, and told where that is.
    viewer.moveCrosshairInVox(0, 0, 0);
  }

  async function start() {
    const listed = await (await ask("/volumes")).json();
    const names = listed.map((volume) => volume.name).join(", ");
    byId("title").textContent = names;
    document.title = `${names} – kseg view`;
    addColours(listed);
    const viewer = await window.ksegViewer.open(byId("host"), await load(listed));
    byId("volumes").append(...listed.map((volume, index) => row(viewer, volume, index)));
    steer(viewer);
    byId("state").textContent = "";
    document.body.dataset.ready = "yes";
  }

  start().catch((error) => {
    byId("state").textContent = `The volumes cannot be shown. ${error.message}`;
  });
})();
