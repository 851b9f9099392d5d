# frozen_string_literal: true

# Not "digest", which loads SHA-256 when it is first asked for: two threads at that at a time, and one finds it half made.
require "digest/sha2"
require "json"
require "rack"
require_relative "records"

# The probe contract, version 1, as a Rack application.
class Probe
  UNIT = "0123456789abcdef"
  BLOCK = (UNIT * 4096).freeze
  GATE_POLL_SECONDS = 0.01

  def initialize(app)
    # Beside this file, wherever it was loaded from: code of an old release must not pass for the new one.
    release = JSON.parse(File.read(File.join(__dir__, "release.json")))
    boot(release.fetch("boot", {}))
    @app = app
    @generation = release.fetch("generation")
    @setting = release.fetch("setting", "")
    @gates = ENV.fetch("HUPSPEC_GATES", "gates")
    @records = Records.new(app, @generation)
  end

  def call(env)
    request = Rack::Request.new(env)
    id = env.fetch("HTTP_X_HUPSPEC_ID", "")
    title = "#{request.request_method} #{request.path_info}"
    @records.write("received", id, title)
    status, headers, body = answer(title, request, id)
    headers["Content-Length"] ||= body.sum(&:bytesize).to_s if body.is_a?(Array)
    # After the work, which is over when the body has been sent.
    body = Rack::BodyProxy.new(body) { @records.write("answered", id, "#{title} #{status}") }
    [status, headers.merge(identification(id)), body]
  end

  private

  def answer(title, request, id)
    query = request.GET
    case title
    when "GET /" then whoami(id)
    when "GET /hold" then hold(query) && whoami(id)
    when "GET /bytes" then bytes(Integer(query.fetch("n")))
    when "GET /stream" then stream(Integer(query.fetch("chunks")), Integer(query.fetch("ms", "0")))
    when "POST /digest" then digest(request.body)
    when "GET /log" then log(id, Integer(query.fetch("records")), Integer(query.fetch("bytes"))) && whoami(id)
    when "GET /crash" then Process.kill(:KILL, Process.pid)
    when "GET /child" then Process.detach(spawn("sleep", "300")) && whoami(id)
    else text(404, "no such page\n")
    end
  rescue KeyError, ArgumentError => e
    text(400, "#{e.message}\n")
  end

  def identification(id)
    { "x-hupspec-generation" => @generation.to_s, "x-hupspec-worker" => Process.pid.to_s, "x-hupspec-id" => id }
  end

  def text(status, body)
    [status, { "Content-Type" => "text/plain" }, [body]]
  end

  def json(value)
    [200, { "Content-Type" => "application/json" }, [JSON.generate(value)]]
  end

  def whoami(id)
    json({ app: @app, generation: @generation, worker: Process.pid, id:, setting: @setting })
  end

  def hold(query)
    gate = File.join(@gates, File.basename(query.fetch("gate")))
    deadline = now + Integer(query.fetch("ms", "10000")) / 1000.0
    File.write("#{gate}.entered", "")
    sleep(GATE_POLL_SECONDS) until File.exist?("#{gate}.open") || now >= deadline
    true
  end

  def bytes(length)
    blocks = Enumerator.new do |out|
      0.step(length - 1, BLOCK.bytesize) { |start| out << BLOCK.byteslice(0, length - start) }
    end
    [200, { "Content-Type" => "application/octet-stream", "Content-Length" => length.to_s }, blocks]
  end

  def stream(chunks, pause_ms)
    lines = Enumerator.new do |out|
      1.upto(chunks) do |index|
        sleep(pause_ms / 1000.0) if index > 1
        out << "chunk #{index} of #{chunks}\n"
      end
    end
    [200, { "Content-Type" => "text/plain" }, lines]
  end

  def digest(body)
    sha256 = Digest::SHA256.new
    length = 0
    while (block = body.read(65_536))
      sha256 << block
      length += block.bytesize
    end
    json({ length:, sha256: sha256.hexdigest })
  end

  def log(id, records, size)
    records.times { @records.write("record", id, "", size) }
  end

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end

  # Loads well, badly, late or never, as the release says.
  def boot(plan)
    case plan["mode"]
    when "fail" then raise "this release fails to load, as release.json asks for"
    when "hang" then sleep
    when "delay" then sleep(plan.fetch("delayMs", 0) / 1000.0)
    end
  end
end
