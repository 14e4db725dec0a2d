"""What `kseg view` sends to the browser holds the voxels, and no text of any header."""

import threading
import urllib.request

from kseg.report.viewer.server import ViewServer
from kseg.report.viewer.shown import read_shown
from tests.security.canaries import CANARY, FOLDER, write_planted
from tests.security.search import holders


def test_the_viewer_serves_no_text_of_a_header_and_no_folder(tmp_path):
    data = write_planted(tmp_path / FOLDER, cases=3)
    for number in range(3):
        scan = data / f"imagesTr/case{number}.nii.gz"
        mask = (data / f"labelsTr/case{number}.nii.gz").rename(data / f"mask{number}.nii.gz")
        with ViewServer(read_shown([scan, mask])) as server:
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            home, _, token = server.address.partition("?")
            assert len(server.table) == 8
            for path in server.table.keys() - {"/niivue.js"}:  # as it comes with kseg
                with urllib.request.urlopen(f"{home[:-1]}{path}?{token}", timeout=10) as answer:
                    sent = str(answer.headers).encode() + answer.read()
                assert not holders(sent, [CANARY, FOLDER.encode()]), path
            server.shutdown()
            thread.join()
