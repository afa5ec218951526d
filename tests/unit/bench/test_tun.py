"""The mirror behind a TUN device."""

from __future__ import annotations

from bench.tun import exchanged


def header_checksum(header: bytes) -> int:
    total = sum(int.from_bytes(header[at : at + 2], "big") for at in range(0, 20, 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def test_a_packet_comes_back_with_sender_and_receiver_exchanged_and_its_checksum_right():
    there = bytes.fromhex("4500003c1c4640004006b0e6c0000201c0000202") + b"and what is in it"
    back = exchanged(there)
    assert (back[12:16], back[16:20], back[20:]) == (there[16:20], there[12:16], there[20:])
    assert header_checksum(back) == header_checksum(there)
    assert exchanged(back) == there
