# frozen_string_literal: true

require "json"
require "securerandom"
require "time"
require "zlib"

# Log records of the probe contract on standard error: one line, one write, numbered under the lock that it is written under.
class Records
  SUM_BYTES = %(,"sum":"00000000"}\n).bytesize

  def initialize(app, generation)
    @app = app
    @generation = generation
    @lock = Mutex.new
  end

  # @param size of the whole line in bytes, newline included; as long as it has to be if 0.
  def write(event, id, msg, size = 0)
    @lock.synchronize do
      line = JSON.generate(fields(event, id, msg))[0..-2]
      # The message stands last: what is missing goes in before its closing quote.
      line = "#{line[0..-2]}#{filler(size - line.bytesize - SUM_BYTES)}\"" if size.positive?
      @seq += 1
      $stderr.syswrite(format("%s,\"sum\":\"%08x\"}\n", line, Zlib.crc32(line)))
    end
  rescue Errno::EPIPE
    # Nobody reads any more, and there is nowhere else to say so.
  end

  private

  def fields(event, id, msg)
    # A preloaded application is loaded once and forked into many processes, each a writer of its own.
    @pid, @writer, @seq = Process.pid, "#{Process.pid}-#{SecureRandom.hex(4)}", 0 if @pid != Process.pid
    fields = { time: Time.now.utc.iso8601(3), level: "info", app: @app, pid: @pid, generation: @generation,
               writer: @writer, seq: @seq }
    fields[:id] = id unless id.empty?
    fields.merge(event:, msg:)
  end

  # Mostly characters of two, three and four bytes.
  def filler(size)
    return "" unless size.positive?

    text = ("é漢😀 " * (size / 10 + 1)).byteslice(0, size).scrub("")
    text + "." * (size - text.bytesize)
  end
end
