"""Bugs that really happened to encoders and readers of this encoding, each under an id.

For each: where it happened, and what went wrong. `test_every_id.py` requires a test for each: one
whose name begins with the id, or one that is named in `SHOWN_BY`. Gaps in the numbers are entries
that turned out to be the same mistake as another, or none.
"""

from __future__ import annotations

from typing import NamedTuple


class Bug(NamedTuple):
    source: str
    mechanism: str


#: A: allocators, arenas, ownership. B: far pointers and their pads. C: erasing old values.
#: D: arithmetic of sizes and offsets. E: lists, structs, evolution, defaults. F: copies, orphans.
#: G: limits of readers. H: framing and packing. I: the canonical form. J: lifetimes in Python.
BUGS = {
    "A1": Bug(
        "capnproto-rust #474, #483, #484",
        "The address of a segment is kept while the allocator moves its memory.",
    ),
    "A2": Bug(
        "capnproto-rust #627",
        "A segment of no bytes is asked for, and what is answered for it is released.",
    ),
    "A3": Bug(
        "capnproto-rust 7a6115d1",
        "A buffer's bytes are taken for its words, eight times too many.",
    ),
    "A4": Bug(
        "capnproto-rust 9a63cf7c, capnproto C++ #444, capnproto-java #97",
        "The size of the next segment overflows, and thousands of tiny segments are asked for.",
    ),
    "A5": Bug("capnproto-rust #293", "An allocation that failed with null is used as memory."),
    "A6": Bug(
        "capnproto-rust HeapAllocator::deallocate_segment",
        "A release sets the size of the next segment back to a constant, past its cap.",
    ),
    "A8": Bug(
        "capnproto C++ addSegmentInternal",
        "Only the first segment is examined for its size and place.",
    ),
    "A9": Bug(
        "pycapnp PyCustomMessageBuilder",
        "The buffer is given back while its address goes on being used.",
    ),
    "A10": Bug("pycapnp initRoot", "An error that an allocator raises has no way out, and aborts."),
    "A11": Bug("pycapnp PyBUF_SIMPLE", "A buffer that cannot be written is written to."),
    "A12": Bug(
        "capnproto C++ #636, pycapnp", "Memory that is not zero shows as fields and pointers."
    ),
    "A13": Bug("pycapnp", "One buffer serves as two segments, which overwrite each other."),
    "A14": Bug(
        "capnproto C++ #2400, #2423, #2485", "Words are zeroed too late, and old bytes leak out."
    ),
    "A16": Bug("go-capnp f3cd4a7", "Memory that the caller owns is put into a pool on release."),
    "A17": Bug("go-capnp #598", "Another slice than the one that was granted is given back."),
    "A18": Bug("go-capnp #583, #350", "An arena is released twice, and then serves two messages."),
    "A19": Bug("wetware/pkg #66", "What a getter answered lies in an arena that was given away."),
    "A20": Bug(
        "go-capnp f0b2970, 2124595", "A reset forgets a part of the state, such as a read limit."
    ),
    "A21": Bug("go-capnp #123, #96", "Growth goes by what is used, not by what there is."),
    "A24": Bug("capnproto-java #100", "Words times eight overflows, and the buffer is short."),
    "A25": Bug("capnp-ocaml 5dabd05", "All that was granted is written out, not what is used."),
    "A27": Bug(
        "c-capnproto new_data", "A segment that was answered is taken without a look at its size."
    ),
    "A28": Bug("capnproto C++ #64, #67", "A builder is copied, and its memory has two owners."),
    "A29": Bug(
        "capnproto C++ #710, capnproto-rust's scratch space",
        "The caller's memory is zeroed beyond, or short of, what was written.",
    ),
    "A31": Bug(
        "capnproto C++ sizeInWords", "A message is asked for its size before its first use."
    ),
    "A32": Bug("capnpy _resize", "Growth failed, and writing continues beyond the old end."),
    "A33": Bug(
        "capnproto C++, capnproto-rust, capnproto-java",
        "The old value is erased before memory for the new one is there.",
    ),
    "A34": Bug(
        "capnproto-rust into_allocator, #362", "A path of errors leaves segments unreleased."
    ),
    "B1": Bug("go-capnp #97", "The tag of a double landing pad has an offset in it."),
    "B2": Bug("go-capnp #71", "The place in a far pointer counts bytes."),
    "B3": Bug("capnproto-rust 3521d4e2", "A far pointer to a double pad does not say so."),
    "B4": Bug("capnproto-rust 10f37267", "The place of a landing pad counts bytes."),
    "B6": Bug(
        "capnproto-java 81095e7",
        "Words after a double pad are erased in the segment of the pad.",
    ),
    "B8": Bug(
        "capnproto C++ 3050b404", "Asking what a far pointer leads to changes the one who asks."
    ),
    "B9": Bug("capnp-ocaml a40a2ee", "A field of 29 bits is cut out with another mask."),
    "B11": Bug("capnproto-rust #669", "The tag of a pad is read before its bounds are checked."),
    "B12": Bug("CVE-2017-7892", "A bounds check is lost, since the address overflows."),
    "B13": Bug("capnproto C++ a5bb798d", "The offset of an orphan is relative to where it was."),
    "B14": Bug(
        "capnproto-rust 42c25f86, capnproto-java 855f635",
        "A builder cannot follow a double far pointer.",
    ),
    "C1": Bug("capnproto C++ 26af52ab", "One element of a list is erased in place of all."),
    "C2": Bug(
        "capnproto C++ e103b072, capnproto-java 1423761, capnproto-rust a244f272",
        "The tag of a list that was replaced stays behind.",
    ),
    "C4": Bug("capnp-ocaml #17", "Replacing a list of structs erases the words of its neighbours."),
    "C5": Bug("capnproto C++ dc3b6563", "Overwriting with null leaves all below as it was."),
    "C7": Bug("capnproto-rust 415c94df, capnproto-java 21ad301", "The length to erase overflows."),
    "C8": Bug("capnproto-rust zero_object_helper", "A capability cannot be erased."),
    "C9": Bug("capnp-ocaml 17d92b5, 4847134, 0938a89", "What was moved is not erased."),
    "C10": Bug(
        "capnproto C++ ReferenceExternalData_NoZeroOnSet", "Memory that is only lent is erased."
    ),
    "C11": Bug("capnproto C++ Orphan::truncate", "What is cut off keeps its bytes."),
    "D1": Bug("CVE-2015-2310", "The size of a list overflows, and so it passes the bounds check."),
    "D2": Bug(
        "CVE-2015-2311, capnproto-rust 2e749c4a", "A text of no bytes has -1 bytes without its NUL."
    ),
    "D3": Bug("capnproto-rust e5d0f80a", "The size of a text and its NUL wraps."),
    "D4": Bug("capnproto-rust 370907c7", "Elements times words wraps when a list is made."),
    "D5": Bug("capnproto-rust 9f6a4ee9", "Elements times words wraps when a list grows."),
    "D7": Bug(
        "capnproto C++ #195, capnproto-rust 74565d9d, capnproto-java 8209052",
        "Index times step wraps, and another element is touched.",
    ),
    "D8": Bug(
        "capnproto-rust bed5d6a4, 195fa1e9", "What a tag counts wraps, and fits into the list."
    ),
    "D9": Bug(
        "capnproto-rust #278, capnproto-java eba85e7", "A size is made wider after it has wrapped."
    ),
    "D10": Bug("capnproto-java 57dec34", "The sizes of a struct's sections are read as signed."),
    "D12": Bug(
        "capnproto C++ #63, capnproto-rust 735e82ed",
        "A large negative offset leads in front of the segment.",
    ),
    "D13": Bug("capnproto-rust #682", "The end of a field wraps, and lies within the struct."),
    "D14": Bug("capnproto C++ #2694", "A field of a schema has an offset that no struct has."),
    "D16": Bug("node-capnp #74", "A length is rounded down to words, and copied in full."),
    "D17": Bug("pycapnp #137", "A traversal limit of 2**63 is none, or negative."),
    "D18": Bug("capnproto C++ #2170", "A segment is longer than an offset can say."),
    "E1": Bug(
        "CVE-2022-46149, capnproto-java adf2005, go-capnp #359",
        "A list of structs is read as pointers, past its data sections or not.",
    ),
    "E2": Bug("capnproto C++ 949f7353", "Setting a list that is null writes an empty one."),
    "E3": Bug("capnproto C++ b2496f3a", "A step from pointers to pointers forgets the data."),
    "E4": Bug(
        "capnproto-rust bf928c98, 327ab918, 929cd4e5, 0f0ccb54",
        "A list is seen in bulk with the schema's element size, not its own.",
    ),
    "E6": Bug(
        "capnproto-java 906bab7, capnpy #64", "A field is read beyond the end of a shorter struct."
    ),
    "E7": Bug(
        "capnp-ts #107, #66", "A struct that grows does not bear null pointers, or does not grow."
    ),
    "E8": Bug("capnproto-rust 36441ca9, capnp-ocaml fb9c208", "A setter checks no index."),
    "E10": Bug("capnproto-rust #525", "Copying from a list that is null fails."),
    "E11": Bug(
        "capnproto-java #143", "A bulk copy begins at the start of the segment, not of the list."
    ),
    "E12": Bug("c-capnproto #19", "A list of structs without words cannot be made or read."),
    "E14": Bug("go-capnp #56", "A member of a union that is not set reads as what is."),
    "F1": Bug(
        "capnproto C++ #729, capnproto-rust de1391c0", "An element that is set to itself is erased."
    ),
    "F2": Bug(
        "capnproto C++ eeaaaabc, capnproto-rust 1bb5540e, go-capnp #92, capnproto-java 0fecc0e",
        "A pointer to a struct without words is the null pointer.",
    ),
    "F4": Bug("capnproto C++ b32a53bd", "A capability is moved as if it had an offset."),
    "F6": Bug("pycapnp #182", "An orphan is used up twice."),
    "F7": Bug("go-capnp a9e4897", "A copy to where nothing is does nothing, in silence."),
    "F8": Bug("capnproto C++ NoCrossMessageTransfers", "An orphan is adopted by another message."),
    "G1": Bug("CVE-2015-2312", "Elements without a size are free, and a few bytes are much work."),
    "G2": Bug(
        "CVE-2015-2313, capnproto-rust 66def413, e89f162b",
        "Sizing and erasing loop over elements that have no words.",
    ),
    "G4": Bug("capnproto-java #96", "A limit of words is compared with bytes."),
    "G5": Bug(
        "capnproto C++ ReadLimiter::unread, capnproto-rust ceb5649b",
        "The limit is raised, or wraps, when reading fails.",
    ),
    "G6": Bug("capnpy #42", "There is no limit at all."),
    "G7": Bug(
        "RUSTSEC-2025-0143, capnproto-rust #605, #667",
        "A reader that checks nothing can be had by safe calls.",
    ),
    "G8": Bug("capnproto-dlang #12", "No pointer is checked against the end of its segment."),
    "H1": Bug("capnproto C++ advisory 2026-03-12-0", "The number of segments wraps to zero."),
    "H2": Bug(
        "capnproto-java advisory 2021-09-30-1, capnproto-dlang #14",
        "The words of a segment are signed, and believed.",
    ),
    "H3": Bug("capnproto C++ #2696", "The sum of all segments wraps, and passes the limit."),
    "H5": Bug("capnproto-rust f8b64dec", "The segment table counts as words of the message."),
    "H6": Bug(
        "capnproto-rust 31fa4a4f",
        "A buffer that is no whole number of words is no longer a message.",
    ),
    "H7": Bug(
        "capnproto-java #140, capnproto-dlang #13", "Packed bytes that were cut are read for ever."
    ),
    "H9": Bug("capnp-ts #70", "A run of packed words goes from one segment into the next."),
    "H10": Bug("capnp-es getFramedSegments", "Room is made for what a table claims."),
    "H11": Bug("go-capnp #623", "A message without a root cannot be written, or not read."),
    "H12": Bug("capnproto C++ #2359", "What came with one message is given to another."),
    "I1": Bug("capnproto C++ 4b7572fe", "The last byte of a data section is cut with the zeros."),
    "I2": Bug(
        "capnproto C++ cc4611d3, #394", "Structs without words have no canonical form, or two."
    ),
    "I3": Bug("capnproto C++ 8d53497a", "Words after the last object are canonical."),
    "I5": Bug(
        "capnproto-rust 9fb4b82e, b98c4807, 67a9d2c6, 32007913",
        "Elements that are cut are counted, or stepped over, at their new size.",
    ),
    "I6": Bug("capnproto-rust e72746cd", "A far pointer into its own segment is canonical."),
    "I8": Bug(
        "capnproto C++ #1085, #1090, go-capnp #581",
        "Where a list without words points to is not settled.",
    ),
    "J1": Bug("pycapnp #392", "A view of the message is handed out, and the message freed."),
    "J2": Bug("pycapnp #406", "A view keeps the builder for ever."),
    "J3": Bug("pycapnp #258, #259", "A buffer is taken and never given back."),
    "J4": Bug("pycapnp 277483b", "A text that is malformed takes the process down."),
    "J5": Bug("pycapnp a62e392, 6389708", "Objects are destroyed before what they stand on."),
    "J6": Bug("pycapnp #405", "That nobody uses a view too late is asked for by a comment alone."),
}

ARENA = "tests/capnsafe/test_arena.py::"
STALE_HANDLES = "tests/capnsafe/test_stale_handles.py::"
GREEDY_STREAMS = "tests/capnsafe/test_greedy_streams.py::"
READER_BOUNDS = "tests/capnsafe/test_reader_bounds.py::"
STREAM_WRITING = "tests/capnsafe/test_stream_writing.py::"
STREAM_SOURCES = "tests/capnsafe/test_stream_sources.py::"
BUILDER_LISTS = "tests/capnsafe/test_builder_lists.py::"
MOVES = "tests/capnsafe/test_moves.py::"
REFUSALS = "tests/capnsafe/test_refusals.py::"
LOSSES = "tests/capnsafe/test_losses.py::"
OVERLAPS = "tests/capnsafe/test_overlaps.py::"
REENTRY = "tests/capnsafe/test_reentry.py::"
BUILDER = "tests/capnsafe/test_builder.py::"
COPY = "tests/capnsafe/test_copy.py::"
MEMORY = "tests/capnsafe/memory/test_heap_and_fixed.py::"
MESSAGE = "tests/capnsafe/test_message.py::"
ORPHANS = "tests/capnsafe/test_orphans.py::"
READER = "tests/capnsafe/test_reader.py::"
STREAMS = "tests/capnsafe/test_streams.py::"
UNIONS = "tests/capnsafe/test_unions_and_capabilities.py::"
UPGRADE = "tests/capnsafe/test_upgrade.py::"

#: Tests that show that an entry cannot happen, and are named after their subject.
SHOWN_BY: dict[str, tuple[str, ...]] = {
    "A1": (MOVES + "test_memory_that_moves_at_every_call_makes_the_same_message",),
    "A3": (
        REFUSALS + "test_a_grant_of_odd_bytes_is_used_to_its_last_whole_word",
        MEMORY + "test_a_fixed_buffer_is_used_to_its_last_word",
    ),
    "A4": (
        MEMORY + "test_each_heap_grant_is_as_large_as_all_before_together",
        MEMORY + "test_heap_growth_ends",
    ),
    "A5": (REFUSALS + "test_an_answer_that_is_no_buffer_of_bytes_is_refused_at_the_grant",),
    "A9": (
        MOVES + "test_every_view_is_given_back_before_the_next_allocator_call",
        REFUSALS + "test_no_view_outlives_a_call_even_while_its_exceptions_are_kept",
    ),
    "A10": (
        REFUSALS + "test_a_refusal_at_any_call_leaves_the_message_as_it_was_and_can_be_tried_again",
    ),
    "A11": (REFUSALS + "test_an_answer_that_is_no_buffer_of_bytes_is_refused_at_the_grant",),
    "A12": (LOSSES + "test_words_read_as_zero_whatever_the_allocator_returned",),
    "A13": (
        OVERLAPS + "test_the_same_bytearray_twice_is_refused",
        OVERLAPS + "test_a_grant_that_overlaps_another_segment_is_refused",
    ),
    "A14": (
        STALE_HANDLES + "test_padding_is_zero",
        LOSSES + "test_large_objects_are_zeroed_to_their_last_word",
    ),
    "A16": (MEMORY + "test_a_fixed_buffer_is_free_again_after_the_message",),
    "A17": (
        MESSAGE + "test_closing_releases_each_grant_once",
        ARENA + "test_words_used_is_the_highest_word_ever_written_also_by_attempts_that_failed",
    ),
    "A18": (
        MESSAGE + "test_closing_releases_each_grant_once",
        REENTRY + "test_closing_again_from_inside_release_releases_each_grant_once",
    ),
    "A19": (
        MESSAGE + "test_output_is_a_copy",
        MESSAGE + "test_everything_but_close_is_refused_after_close",
    ),
    "A20": (
        MESSAGE + "test_everything_but_close_is_refused_after_close",
        GREEDY_STREAMS + "test_each_message_has_a_traversal_limit_of_its_own",
    ),
    "A21": (MEMORY + "test_each_heap_grant_is_as_large_as_all_before_together",),
    "A25": (MESSAGE + "test_every_form_of_output_says_the_same",),
    "A27": (
        REFUSALS + "test_a_grant_below_the_minimum_is_refused_and_released",
        OVERLAPS + "test_the_same_bytearray_twice_is_refused",
    ),
    "A28": (MESSAGE + "test_a_message_has_one_owner", MESSAGE + "test_a_message_has_one_owner"),
    "A29": (
        ARENA + "test_words_used_is_the_highest_word_ever_written_also_by_attempts_that_failed",
        MEMORY + "test_a_message_lies_in_the_buffer_and_nowhere_else",
    ),
    "A31": (MESSAGE + "test_a_message_without_a_root_is_a_null_pointer",),
    "A32": (
        LOSSES + "test_shrinking_below_what_is_used_at_any_moment_is_never_silent",
        LOSSES + "test_words_that_are_cut_before_they_are_handed_out_are_no_loss",
    ),
    "A33": (
        STALE_HANDLES + "test_overwriting_keeps_what_was_there_until_the_new_value_is_complete",
    ),
    "A34": (
        MESSAGE + "test_grants_that_a_failed_call_took_are_released_at_once",
        REFUSALS + "test_release_failures_are_told_once_after_all_were_released",
    ),
    "B1": (ARENA + "test_an_object_of_a_whole_segment_has_a_double_far_pointer",),
    "B2": (ARENA + "test_far_and_double_far_messages_are_read_by_the_reference_implementation",),
    "B3": (ARENA + "test_an_object_of_a_whole_segment_has_a_double_far_pointer",),
    "B4": (ARENA + "test_far_and_double_far_messages_are_read_by_the_reference_implementation",),
    "B9": (READER_BOUNDS + "test_the_29_bits_of_a_pad",),
    "B11": (READER_BOUNDS + "test_a_pad_lies_within_its_segment",),
    "B12": (READER_BOUNDS + "test_an_offset_outside_the_segment",),
    "B13": (ORPHANS + "test_every_situation_of_segments",),
    "B14": (
        ORPHANS + "test_a_full_segment_of_an_orphan_gets_a_double_pad",
        UPGRADE + "test_children_in_a_full_segment_get_double_pads",
    ),
    "C1": (STALE_HANDLES + "test_retired_words_are_zero_in_the_output",),
    "C2": (UPGRADE + "test_the_old_words_are_zero",),
    "C5": (STALE_HANDLES + "test_handles_below_what_was_overwritten_are_stale_and_write_nothing",),
    "C7": (LOSSES + "test_large_objects_are_zeroed_to_their_last_word",),
    "C8": (UNIONS + "test_a_capability_takes_the_place_of_a_value_and_back",),
    "C9": (UPGRADE + "test_the_old_words_are_zero", ORPHANS + "test_pads_on_the_way_are_retired"),
    "C10": (COPY + "test_a_reader_over_the_messages_own_memory_is_copied",),
    "C11": (
        ORPHANS + "test_a_dropped_orphan_leaves_zeros",
        "tests/capnsafe/test_resizing.py::test_what_is_cut_at_the_end_is_zero_and_given_back",
    ),
    "F1": (COPY + "test_an_element_is_set_from_itself",),
    "F2": (MESSAGE + "test_an_empty_root_is_not_null",),
    "F4": (UNIONS + "test_capabilities_are_copied_and_moved",),
    "F6": (ORPHANS + "test_an_orphan_is_adopted_once",),
    "F7": (COPY + "test_a_stale_source_or_destination_raises",),
    "F8": (ORPHANS + "test_no_message_adopts_from_another",),
    "J1": (MESSAGE + "test_output_is_a_copy",),
    "J2": (REFUSALS + "test_no_view_outlives_a_call_even_while_its_exceptions_are_kept",),
    "J3": (
        STREAM_WRITING + "test_what_a_file_raises_passes_and_keeps_no_view",
        STREAM_SOURCES + "test_a_mapping_is_closed_while_an_error_is_on_its_way",
    ),
    "J4": (BUILDER_LISTS + "test_octets_that_are_no_text_are_invalid_text",),
    "J6": (
        BUILDER_LISTS + "test_data_comes_back_as_bytes",
        "tests/capnsafe/test_lending.py::test_what_is_kept_of_a_view_is_found",
    ),
}
