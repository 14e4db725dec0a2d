// Opens volumes in NiiVue, looked at as radiologists do. Used by the report and by `kseg view`.
// It fetches nothing, and needs `window.niivue` by the time `open` is called.
"use strict";

window.ksegViewer = (() => {
  const LABEL_INTENT = 1002; // NIfTI's code of a label map; only these can be shown as outlines
  const MOST_COLOURS = 4096;
  const FIRST_OPACITY = { image: 1, labels: 0.5 };
  const STEPS = {
    ArrowLeft: [-1, 0, 0],
    ArrowRight: [1, 0, 0],
    ArrowUp: [0, 1, 0],
    ArrowDown: [0, -1, 0],
    PageUp: [0, 0, 1],
    PageDown: [0, 0, -1],
  };
  // Hues in degrees: [first, last]. Truth and prediction stay apart for colour-blind eyes too.
  const HUES = { truth: [215, 160], predicted: [18, 48] };

  function hueOf(scheme, label) {
    // Multiples of the golden ratio: neighbours in number are far apart in colour.
    const share = ((label - 1) * 0.618034) % 1;
    if (!(scheme in HUES)) return 360 * ((share + 0.55) % 1);
    const [first, last] = HUES[scheme];
    return first + share * (last - first);
  }

  function rgb(hue, saturation, lightness) {
    const reach = saturation * Math.min(lightness, 1 - lightness);
    return [0, 8, 4].map((shift) => {
      const k = (shift + hue / 30) % 12;
      return Math.round(255 * (lightness - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
    });
  }

  // Colours of the labels 0 to `highest`, as NiiVue takes them; 0 is clear.
  function colourTable(scheme, highest) {
    const table = { R: [0], G: [0], B: [0], A: [0], I: [0] };
    for (let label = 1; label <= Math.min(Math.max(highest, 1), MOST_COLOURS); label += 1) {
      const [red, green, blue] = rgb(hueOf(scheme, label), 0.95, label % 2 ? 0.52 : 0.66);
      table.R.push(red);
      table.G.push(green);
      table.B.push(blue);
      table.A.push(255);
      table.I.push(label);
    }
    return table;
  }

  function highestOf(voxels) {
    let highest = 0;
    for (const value of voxels) if (value > highest) highest = value;
    return highest;
  }

  // The labelled voxel nearest to the middle of all labelled ones, in mm; null without any.
  function middleOf(volume) {
    const [, width, height, depth] = volume.hdr.dims;
    const visit = (see) => {
      let at = 0;
      for (let k = 0; k < depth; k += 1)
        for (let j = 0; j < height; j += 1)
          for (let i = 0; i < width; i += 1) if (volume.img[at++] > 0) see(i, j, k);
    };
    let count = 0;
    const sum = [0, 0, 0];
    visit((i, j, k) => {
      count += 1;
      sum[0] += i;
      sum[1] += j;
      sum[2] += k;
    });
    if (!count) return null;
    const [x, y, z] = sum.map((total) => total / count);
    let nearest = null;
    let least = Infinity;
    visit((i, j, k) => {
      const distance = (i - x) ** 2 + (j - y) ** 2 + (k - z) ** 2;
      if (distance < least) {
        least = distance;
        nearest = [i, j, k, 1];
      }
    });
    const rows = volume.hdr.affine.slice(0, 3);
    return rows.map((row) => row.reduce((total, value, axis) => total + value * nearest[axis], 0));
  }

  function hasWebGL2() {
    return document.createElement("canvas").getContext("webgl2") !== null;
  }

  async function load(volume, index) {
    const { bytes: buffer, name, kind, colours } = volume;
    const opacity = volume.opacity ?? (index === 0 ? 1 : FIRST_OPACITY[kind]);
    // The name stands where an address could: nothing is fetched when the bytes are given.
    const options = { url: name, name, buffer, opacity };
    const loaded = await window.niivue.NVImage.loadFromUrl(options);
    if (!loaded) throw new Error(`${name} cannot be read.`);
    if (kind === "labels") {
      loaded.hdr.intent_code = LABEL_INTENT;
      loaded.setColormapLabel(colourTable(colours, highestOf(loaded.img)));
    }
    return loaded;
  }

  // Hide a volume with an opacity of 0, its outline included.
  function setOpacity(viewer, index, opacity) {
    const volume = viewer.volumes[index];
    if (volume.colormapLabel) volume.hdr.intent_code = opacity > 0 ? LABEL_INTENT : 0;
    viewer.setOpacity(index, opacity);
  }

  function showMiddle(viewer, volumes) {
    for (const [index, volume] of volumes.entries()) {
      const middle = volume.kind === "labels" ? middleOf(viewer.volumes[index]) : null;
      if (middle) {
        viewer.scene.crosshairPos = viewer.mm2frac(middle);
        return;
      }
    }
  }

  function steer(viewer, canvas) {
    // Before the library's own keys, which take the arrows for the frames of a time series.
    canvas.addEventListener(
      "keydown",
      (event) => {
        const step = STEPS[event.key];
        if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
        event.preventDefault();
        event.stopImmediatePropagation();
        viewer.moveCrosshairInVox(...step);
      },
      true,
    );
  }

  // Show volumes in `host`, an element with a size. `volumes` is a list of
  //   name: "….nii" or "….nii.gz"; bytes: ArrayBuffer of that file; kind: "image" or "labels";
  //   colours, of labels: "truth", "predicted", or nothing for a colour for each label;
  //   opacity: number from 0 to 1, or nothing for a fitting one.
  // Returns a promise of the Niivue object.
  async function open(host, volumes) {
    if (!hasWebGL2()) {
      throw new Error(
        "This browser has no WebGL 2, which the pictures need. Turn on its hardware " +
          "acceleration, or use another browser.",
      );
    }
    const canvas = document.createElement("canvas");
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "img");
    canvas.setAttribute(
      "aria-label",
      "Slices of the volumes. Arrow keys and Page Up and Page Down move the crosshair.",
    );
    host.replaceChildren(canvas);
    const viewer = new window.niivue.Niivue({
      backColor: [0, 0, 0, 1],
      crosshairColor: [1, 1, 1, 0.6],
      crosshairWidth: 0.25,
      crosshairWidthUnit: "percent",
      dragAndDropEnabled: false,
      fontColor: [1, 1, 1, 1],
      fontMinPx: 16,
      isRadiologicalConvention: true,
      loadingText: "",
      logLevel: "error",
      multiplanarShowRender: window.niivue.SHOW_RENDER.AUTO,
      sagittalNoseLeft: true,
      show3Dcrosshair: true,
      sliceType: window.niivue.SLICE_TYPE.MULTIPLANAR,
    });
    steer(viewer, canvas);
    await viewer.attachToCanvas(canvas);
    // All at once: each volume added alone would draw those before it anew.
    viewer.volumes = await Promise.all(volumes.map(load));
    viewer.setVolume(viewer.volumes[0], 0);
    showMiddle(viewer, volumes);
    viewer.drawScene();
    return viewer;
  }

  // Give back what a browser has only few of.
  function close(viewer) {
    viewer.cleanup();
    viewer.gl.getExtension("WEBGL_lose_context")?.loseContext();
    viewer.canvas.remove();
  }

  return { close, open, setOpacity };
})();
